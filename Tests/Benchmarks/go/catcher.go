package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var background = context.Background()

type pending struct {
	body string
	done chan error
}

// catcher answers 200 once SQS has the beacon: by a SendMessage each ("article"), or by a SendMessageBatch of ten with
// five milliseconds' linger ("tuned").
func catcher() {
	address := flag.String("listen", "127.0.0.1:0", "")
	mode := flag.String("mode", "tuned", "article or tuned")
	flag.Parse()
	idle := 0
	if *mode == "tuned" {
		idle = 256
	}
	client, _ := clients(idle)
	url := queueURL(client, "beacons")
	queue := make(chan pending, 1024)
	if *mode == "tuned" {
		go gather(client, url, queue)
	}
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {})
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "method", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 256<<10))
		if err != nil || !json.Valid(body) {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		message, err := json.Marshal(envelope{1, uuid(), []entry{
			{time.Now().UnixMilli(), host, r.UserAgent(), json.RawMessage(body)}}})
		if err != nil {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		if *mode == "tuned" {
			one := pending{string(message), make(chan error, 1)}
			queue <- one
			err = <-one.done
		} else {
			_, err = client.SendMessage(r.Context(), &sqs.SendMessageInput{
				QueueUrl: url, MessageBody: aws.String(string(message))})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	log.Fatal(http.Serve(listen(*address), nil))
}

func gather(client *sqs.Client, url *string, queue chan pending) {
	for first := range queue {
		batch := []pending{first}
		linger := time.NewTimer(5 * time.Millisecond)
	fill:
		for len(batch) < 10 {
			select {
			case next := <-queue:
				batch = append(batch, next)
			case <-linger.C:
				break fill
			}
		}
		linger.Stop()
		go sendBatch(client, url, batch)
	}
}

func sendBatch(client *sqs.Client, url *string, batch []pending) {
	entries := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i := range batch {
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &batch[i].body}
	}
	answer, err := client.SendMessageBatch(background, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	failed := map[string]error{}
	if err == nil {
		for _, entry := range answer.Failed {
			failed[*entry.Id] = io.ErrUnexpectedEOF
		}
	}
	for i, one := range batch {
		if err != nil {
			one.done <- err
		} else {
			one.done <- failed[strconv.Itoa(i)]
		}
	}
}
