package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
)

// queryProxy lets Debian's SDK (of 2022, which speaks to SQS in the Query protocol) talk to the simulator (AWS JSON
// 1.0). It is a process of its own, so that what it costs is not the peer's.
func queryProxy() {
	address := flag.String("listen", "127.0.0.1:0", "")
	upstream := flag.String("upstream", "", "")
	flag.Parse()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		action := r.Form.Get("Action")
		body, _ := json.Marshal(requestOf(action, r.Form))
		request, _ := http.NewRequest("POST", *upstream+"/", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/x-amz-json-1.0")
		request.Header.Set("X-Amz-Target", "AmazonSQS."+action)
		answer, err := client.Do(request)
		if err != nil {
			http.Error(w, err.Error(), 502)
			return
		}
		defer answer.Body.Close()
		content, _ := io.ReadAll(answer.Body)
		w.Header().Set("Content-Type", "text/xml")
		if answer.StatusCode != 200 {
			w.WriteHeader(answer.StatusCode)
			fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>")
			xml.EscapeText(w, content)
			fmt.Fprintf(w, "</Message></Error><RequestId>r</RequestId></ErrorResponse>")
			return
		}
		var value map[string]any
		json.Unmarshal(content, &value)
		var out bytes.Buffer
		fmt.Fprintf(&out, "<%sResponse><%sResult>", action, action)
		write := func(name string, entry map[string]any) {
			out.WriteString("<" + name + ">")
			for _, key := range []string{"Id", "MessageId", "MD5OfMessageBody", "MD5OfBody", "Body", "ReceiptHandle", "Code", "Message"} {
				if s, ok := entry[key].(string); ok {
					out.WriteString("<" + key + ">")
					xml.EscapeText(&out, []byte(s))
					out.WriteString("</" + key + ">")
				}
			}
			out.WriteString("</" + name + ">")
		}
		for key, member := range value {
			switch member := member.(type) {
			case string:
				out.WriteString("<" + key + ">")
				xml.EscapeText(&out, []byte(member))
				out.WriteString("</" + key + ">")
			case []any:
				name := map[string]string{
					"Successful": action + "ResultEntry", "Failed": "BatchResultErrorEntry", "Messages": "Message"}[key]
				for _, one := range member {
					write(name, one.(map[string]any))
				}
			}
		}
		fmt.Fprintf(&out, "</%sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%sResponse>", action, action)
		w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
		w.Write(out.Bytes())
	})
	log.Fatal(http.Serve(listen(*address), nil))
}

func requestOf(action string, form map[string][]string) map[string]any {
	request := map[string]any{}
	entries := map[int]map[string]any{}
	last := 0
	for key, values := range form {
		parts := strings.Split(key, ".")
		switch {
		case key == "Action" || key == "Version":
		case len(parts) == 3 && strings.HasSuffix(parts[0], "RequestEntry"):
			n, _ := strconv.Atoi(parts[1])
			if entries[n] == nil {
				entries[n] = map[string]any{}
			}
			entries[n][parts[2]] = values[0]
			if n > last {
				last = n
			}
		case key == "MaxNumberOfMessages" || key == "WaitTimeSeconds" || key == "VisibilityTimeout":
			request[key], _ = strconv.Atoi(values[0])
		default:
			request[key] = values[0]
		}
	}
	if last > 0 {
		list := []any{}
		for n := 1; n <= last; n++ {
			list = append(list, entries[n])
		}
		request["Entries"] = list
	}
	return request
}
