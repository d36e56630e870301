// Reads HTTP/1.1 messages as Go's net/http does and tells what it has read: the second opinion of tests. Standard library
// only. Each line of standard input is a question, each line of standard output the answer to one. All texts in them are
// bytes, one code point for each.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

// question asks how bytes that came on a connection are read.
type question struct {
	ID int `json:"id"`
	// Requests: by a server. Otherwise answers, by a client that has sent requests with Methods.
	Requests bool     `json:"requests"`
	Methods  []string `json:"methods"`
	Bytes    string   `json:"bytes"`
	// Cut: the connection was reset at its end, not closed.
	Cut bool `json:"cut"`
}

// answer is what was read, up to what was refused.
type answer struct {
	ID       int       `json:"id"`
	Messages []message `json:"messages"`
	// Refused says why reading has ended before the bytes did; empty if it did not.
	Refused string `json:"refused"`
	// Rest counts the bytes that belong to no message. Of answers only.
	Rest int `json:"rest"`
}

// message is a request or an answer.
type message struct {
	Method  string              `json:"method,omitempty"`
	Target  string              `json:"target,omitempty"`
	Host    string              `json:"host,omitempty"`
	Status  int                 `json:"status,omitempty"`
	Version string              `json:"version"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
	// Complete: the body came to its end.
	Complete bool `json:"complete"`
	// From and To: where in the bytes it stands. Of answers only.
	From int `json:"from"`
	To   int `json:"to"`
}

// waiting bounds how many questions are worked on at once.
const waiting = 32

func main() {
	server := newServer()
	slots := make(chan struct{}, waiting)
	answers := make(chan answer, waiting)
	done := make(chan struct{})
	go write(answers, done)
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	decoder := json.NewDecoder(in)
	for {
		var asked question
		if decoder.Decode(&asked) != nil {
			break
		}
		slots <- struct{}{}
		go func() {
			read := answer{}
			if asked.Requests {
				read = server.read(bytesOf(asked.Bytes))
			} else {
				read = readAnswers(bytesOf(asked.Bytes), asked.Methods, asked.Cut)
			}
			read.ID = asked.ID
			answers <- read
			<-slots
		}()
	}
	for i := 0; i < waiting; i++ {
		slots <- struct{}{}
	}
	close(answers)
	<-done
}

func write(answers <-chan answer, done chan<- struct{}) {
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	encoder := json.NewEncoder(out)
	for read := range answers {
		if encoder.Encode(read) != nil {
			os.Exit(1)
		}
		if len(answers) == 0 {
			out.Flush()
		}
	}
	out.Flush()
	close(done)
}

// bytesOf gives the byte for each code point.
func bytesOf(text string) []byte {
	bytes := make([]byte, 0, len(text))
	for _, point := range text {
		bytes = append(bytes, byte(point))
	}
	return bytes
}

// textOf gives the code point for each byte.
func textOf(bytes string) string {
	points := make([]rune, len(bytes))
	for i := 0; i < len(bytes); i++ {
		points[i] = rune(bytes[i])
	}
	return string(points)
}

func textsOf(headers map[string][]string) map[string][]string {
	texts := make(map[string][]string, len(headers))
	for name, values := range headers {
		for _, value := range values {
			texts[textOf(name)] = append(texts[textOf(name)], textOf(value))
		}
	}
	return texts
}
