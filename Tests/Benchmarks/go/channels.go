package main

import (
	"flag"
	"fmt"
	"sync"
)

// channels moves --count integers through a shape of channels, and prints the CPU of each in microseconds.
func channels() {
	shape := flag.String("shape", "workers", "workers, spsc, mpsc or mpmc")
	workers := flag.Int("workers", 8, "")
	capacity := flag.Int("capacity", 0, "")
	count := flag.Int("count", 1000000, "")
	flag.Parse()
	before := cpu()
	switch *shape {
	case "workers":
		pool := make(chan chan int, *workers)
		var all sync.WaitGroup
		for i := 0; i < *workers; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				own := make(chan int)
				for {
					pool <- own
					if _, open := <-own; !open {
						return
					}
				}
			}()
		}
		for i := 0; i < *count; i++ {
			(<-pool) <- i
		}
		for i := 0; i < *workers; i++ {
			close(<-pool)
		}
		all.Wait()
	default:
		senders, receivers := 1, 1
		if *shape != "spsc" {
			senders = 4
		}
		if *shape == "mpmc" {
			receivers = 4
		}
		channel := make(chan int, *capacity)
		var sending, receiving sync.WaitGroup
		for i := 0; i < receivers; i++ {
			receiving.Add(1)
			go func() {
				defer receiving.Done()
				for range channel {
				}
			}()
		}
		for i := 0; i < senders; i++ {
			sending.Add(1)
			go func() {
				defer sending.Done()
				for n := 0; n < *count/senders; n++ {
					channel <- n
				}
			}()
		}
		sending.Wait()
		close(channel)
		receiving.Wait()
	}
	fmt.Printf("%.4f\n", float64(cpu()-before)/float64(*count)/1000)
}
