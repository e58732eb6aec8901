// The peers of the benchmarks: what a careful Go programmer would write with net/http and the AWS SDK for Go v2,
// once plainly ("article") and once with batches ("tuned"). Built in GOPATH mode from Debian's packages:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o peers *.go
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"net/http"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("peers catcher|worker|aws|channels|query-proxy")
	}
	command := os.Args[1]
	os.Args = append(os.Args[:1], os.Args[2:]...)
	switch command {
	case "catcher":
		catcher()
	case "worker":
		worker()
	case "aws":
		awsRequests()
	case "channels":
		channels()
	case "query-proxy":
		queryProxy()
	default:
		log.Fatalf("no such command: %s", command)
	}
}

// clients talk to the endpoints of the environment. The SDK keeps ten idle connections a host unless told otherwise.
func clients(idleConnections int) (*sqs.Client, *dynamodb.Client) {
	config := aws.Config{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			if idleConnections > 0 {
				t.MaxIdleConnsPerHost = idleConnections
			}
		}),
	}
	return sqs.NewFromConfig(config, sqs.WithEndpointResolver(sqs.EndpointResolverFromURL(os.Getenv("SQS_ENDPOINT")))),
		dynamodb.NewFromConfig(config, dynamodb.WithEndpointResolver(
			dynamodb.EndpointResolverFromURL(os.Getenv("DYNAMODB_ENDPOINT"))))
}

func queueURL(client *sqs.Client, name string) *string {
	answer, err := client.GetQueueUrl(background, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		log.Fatal(err)
	}
	return answer.QueueUrl
}

// listen binds first, so that port 0 can be a free port, and prints the address.
func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	return listener
}
