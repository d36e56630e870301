package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
)

// ended is a connection whose bytes end with a reset if it is cut.
type ended struct {
	*bytes.Reader
	cut bool
}

func (e ended) Read(into []byte) (int, error) {
	n, err := e.Reader.Read(into)
	if err == io.EOF && e.cut {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readAnswers tells what a client reads that has sent requests with methods on one connection.
func readAnswers(sent []byte, methods []string, cut bool) answer {
	in := ended{bytes.NewReader(sent), cut}
	from := bufio.NewReader(in)
	at := func() int { return len(sent) - in.Len() - from.Buffered() }
	read := answer{Messages: []message{}}
	for i := 0; i < len(methods); {
		start := at()
		if start == len(sent) {
			break
		}
		response, err := http.ReadResponse(from, &http.Request{Method: methods[i]})
		if err != nil {
			read.Refused = err.Error()
			read.Rest = len(sent) - start
			return read
		}
		body, err := io.ReadAll(response.Body)
		read.Messages = append(read.Messages, message{
			Status:   response.StatusCode,
			Version:  response.Proto,
			Headers:  textsOf(response.Header),
			Body:     textOf(string(body)),
			Complete: err == nil,
			From:     start,
			To:       at(),
		})
		if err != nil {
			read.Refused = err.Error()
			break
		}
		if response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols {
			i++
			if response.Close || response.StatusCode == http.StatusSwitchingProtocols {
				break
			}
		}
	}
	read.Rest = len(sent) - at()
	return read
}
