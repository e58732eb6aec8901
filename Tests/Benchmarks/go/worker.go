package main

import (
	"encoding/json"
	"flag"
	"log"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// worker is the article's: receivers, a dispatcher, a queue of the workers' own channels. Plainly it writes one item
// and deletes one message at a time; tuned it writes by 25 and deletes by 10, several calls in flight.
func worker() {
	mode := flag.String("mode", "tuned", "article or tuned")
	count := flag.Int("workers", 64, "")
	receivers := flag.Int("receivers", 4, "")
	flag.Parse()
	idle := 0
	if *mode == "tuned" {
		idle = 64
	}
	queue, table := clients(idle)
	url := queueURL(queue, "beacons")
	jobs := make(chan types.Message, 20)
	pool := make(chan chan types.Message, *count)
	done := make(chan types.Message, 100)
	pending := make(chan write, 100)
	for i := 0; i < *count; i++ {
		go func() {
			own := make(chan types.Message)
			for {
				pool <- own
				if message := <-own; *mode == "tuned" {
					workTuned(message, pending, done)
				} else {
					workPlainly(message, queue, table, url)
				}
			}
		}()
	}
	if *mode == "tuned" {
		go store(table, pending)
		go dequeue(queue, url, done)
	}
	go func() {
		for job := range jobs {
			own := <-pool
			own <- job
		}
	}()
	var all sync.WaitGroup
	for i := 0; i < *receivers; i++ {
		all.Add(1)
		go func() {
			for {
				answer, err := queue.ReceiveMessage(background, &sqs.ReceiveMessageInput{
					QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20})
				if err != nil {
					log.Print(err)
					time.Sleep(time.Second)
					continue
				}
				for _, message := range answer.Messages {
					jobs <- message
				}
			}
		}()
	}
	all.Wait()
}

func decode(message types.Message) []item {
	var e envelope
	if err := json.Unmarshal([]byte(*message.Body), &e); err != nil {
		log.Fatal(err)
	}
	list, err := items(&e)
	if err != nil {
		log.Fatal(err)
	}
	return list
}

func workPlainly(message types.Message, queue *sqs.Client, table *dynamodb.Client, url *string) {
	for _, one := range decode(message) {
		if _, err := table.PutItem(background, &dynamodb.PutItemInput{TableName: aws.String("beacons"), Item: one}); err != nil {
			log.Print(err)
			return
		}
	}
	_, err := queue.DeleteMessage(background, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: message.ReceiptHandle})
	if err != nil {
		log.Print(err)
	}
}

type write struct {
	item item
	done *sync.WaitGroup
}

func workTuned(message types.Message, pending chan write, done chan types.Message) {
	list := decode(message)
	var written sync.WaitGroup
	written.Add(len(list))
	for _, one := range list {
		pending <- write{one, &written}
	}
	written.Wait()
	done <- message
}

func store(table *dynamodb.Client, pending chan write) {
	for first := range pending {
		batch := []write{first}
		linger := time.NewTimer(5 * time.Millisecond)
	fill:
		for len(batch) < 25 {
			select {
			case next := <-pending:
				batch = append(batch, next)
			case <-linger.C:
				break fill
			}
		}
		linger.Stop()
		go put(table, batch)
	}
}

func put(table *dynamodb.Client, batch []write) {
	puts := make([]dynamotypes.WriteRequest, len(batch))
	for i, one := range batch {
		puts[i].PutRequest = &dynamotypes.PutRequest{Item: one.item}
	}
	for len(puts) > 0 {
		answer, err := table.BatchWriteItem(background, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]dynamotypes.WriteRequest{"beacons": puts}})
		if err != nil {
			log.Print(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		puts = answer.UnprocessedItems["beacons"]
	}
	for _, one := range batch {
		one.done.Done()
	}
}

func dequeue(queue *sqs.Client, url *string, done chan types.Message) {
	for first := range done {
		entries := []types.DeleteMessageBatchRequestEntry{{Id: aws.String("0"), ReceiptHandle: first.ReceiptHandle}}
		linger := time.NewTimer(100 * time.Millisecond)
	fill:
		for len(entries) < 10 {
			select {
			case next := <-done:
				entries = append(entries, types.DeleteMessageBatchRequestEntry{
					Id: aws.String(strconv.Itoa(len(entries))), ReceiptHandle: next.ReceiptHandle})
			case <-linger.C:
				break fill
			}
		}
		linger.Stop()
		go func() {
			_, err := queue.DeleteMessageBatch(background, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: entries})
			if err != nil {
				log.Print(err)
			}
		}()
	}
}
