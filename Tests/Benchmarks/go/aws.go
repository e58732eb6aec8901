package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func cpu() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// awsRequests sends the requests of a file, and prints the CPU of each in microseconds.
func awsRequests() {
	path := flag.String("requests", "", "a file of {bodies, items}")
	operation := flag.String("operation", "send", "send or write")
	count := flag.Int("count", 1000, "")
	parallel := flag.Int("parallel", 1, "requests in flight")
	flag.Parse()
	var requests struct {
		Bodies []string                       `json:"bodies"`
		Items  []map[string]map[string]string `json:"items"`
	}
	content, err := os.ReadFile(*path)
	if err == nil {
		err = json.Unmarshal(content, &requests)
	}
	if err != nil {
		log.Fatal(err)
	}
	queue, table := clients(0)
	var call func()
	if *operation == "send" {
		url := queueURL(queue, "beacons")
		call = func() {
			entries := make([]types.SendMessageBatchRequestEntry, len(requests.Bodies))
			for i := range entries {
				entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &requests.Bodies[i]}
			}
			answer, err := queue.SendMessageBatch(background, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
			if err != nil || len(answer.Failed) > 0 {
				log.Fatal(err)
			}
		}
	} else {
		puts := make([]dynamotypes.WriteRequest, len(requests.Items))
		for i, source := range requests.Items {
			one := item{}
			for name, value := range source {
				if s, ok := value["S"]; ok {
					one[name] = text(s)
				} else {
					one[name] = &dynamotypes.AttributeValueMemberN{Value: value["N"]}
				}
			}
			puts[i].PutRequest = &dynamotypes.PutRequest{Item: one}
		}
		call = func() {
			answer, err := table.BatchWriteItem(background, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]dynamotypes.WriteRequest{"beacons": puts}})
			if err != nil || len(answer.UnprocessedItems) > 0 {
				log.Fatal(err)
			}
		}
	}
	run := func(count int) {
		var group sync.WaitGroup
		for i := 0; i < *parallel; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := 0; i < count / *parallel; i++ {
					call()
				}
			}()
		}
		group.Wait()
	}
	run(*count / 10)
	before := cpu()
	run(*count)
	fmt.Printf("%.2f\n", float64(cpu()-before)/float64(*count)/1000)
}
