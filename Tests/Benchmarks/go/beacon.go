package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type event struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Time       int64     `json:"ts"`
	Center     []float64 `json:"center"`
	Zoom       float64   `json:"zoom"`
	Box        []float64 `json:"bbox"`
	Bearing    float64   `json:"bearing"`
	Pitch      float64   `json:"pitch"`
	Gesture    string    `json:"gesture"`
	DurationMS float64   `json:"duration_ms"`
	Tiles      float64   `json:"tiles"`
	Errors     float64   `json:"errors"`

	Properties json.RawMessage `json:"props"`
}

type beacon struct {
	Version   int    `json:"v"`
	SentAt    int64  `json:"sent_at"`
	SessionID string `json:"session_id"`
	ViewID    string `json:"view_id"`
	MapID     string `json:"map_id"`
	Library   struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"lib"`
	Page struct {
		URL      string `json:"url"`
		Referrer string `json:"referrer"`
	} `json:"page"`
	Viewport []float64 `json:"viewport"`
	Ratio    float64   `json:"dpr"`
	Language string    `json:"lang"`
	Rate     float64   `json:"sample_rate"`
	Events   []event   `json:"events"`
}

type entry struct {
	At      int64           `json:"at"`
	Address string          `json:"ip,omitempty"`
	Agent   string          `json:"ua,omitempty"`
	Body    json.RawMessage `json:"body"`
}

type envelope struct {
	Version int     `json:"v"`
	ID      string  `json:"id"`
	Beacons []entry `json:"beacons"`
}

func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	ms := uint64(time.Now().UnixMilli())
	for i := 0; i < 6; i++ {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func number(n float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatFloat(n, 'f', -1, 64)}
}
func numbers(list []float64) types.AttributeValue {
	values := make([]types.AttributeValue, len(list))
	for i, n := range list {
		values[i] = number(n)
	}
	return &types.AttributeValueMemberL{Value: values}
}

// items are what our worker writes for the same events, without rollups, tiles and the rules for bad input.
func items(message *envelope) ([]item, error) {
	var all []item
	for _, entry := range message.Beacons {
		var b beacon
		if err := json.Unmarshal(entry.Body, &b); err != nil {
			return nil, err
		}
		day := time.UnixMilli(entry.At).UTC().Format("20060102")
		for _, e := range b.Events {
			extra, _ := json.Marshal(map[string]any{"dpr": b.Ratio, "sample_rate": b.Rate, "props": e.Properties})
			all = append(all, item{
				"pk": text("e#" + b.MapID + "#" + day + "#0"), "sk": text(e.ID), "name": text(e.Name),
				"map_id": text(b.MapID), "session_id": text(b.SessionID), "view_id": text(b.ViewID),
				"page": text(b.Page.URL), "referrer": text(b.Page.Referrer),
				"lib": text(b.Library.Name + "@" + b.Library.Version), "ip": text(entry.Address),
				"lang": text(b.Language), "gesture": text(e.Gesture), "at": integer(entry.At - (b.SentAt - e.Time)),
				"received": integer(entry.At), "ts": integer(e.Time), "zoom": number(e.Zoom),
				"bearing": number(e.Bearing), "pitch": number(e.Pitch), "lng": number(e.Center[0]),
				"lat": number(e.Center[1]), "duration_ms": number(e.DurationMS), "tiles": number(e.Tiles),
				"errors": number(e.Errors), "bbox": numbers(e.Box), "viewport": numbers(b.Viewport),
				"extra": text(string(extra)), "ttl": integer(entry.At/1000 + 395*86400),
			})
		}
	}
	return all, nil
}
