package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// server is net/http's own, on connections that are in memory.
type server struct {
	connections chan net.Conn
}

type connectionKey struct{}

// A refusal is an answer that no handler gave.
var refusal = regexp.MustCompile(`HTTP/1\.1 ([45]\d\d [^\r]*)\r`)

func newServer() *server {
	s := &server{connections: make(chan net.Conn)}
	serving := &http.Server{
		Handler:  http.HandlerFunc(handle),
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, c)
		},
	}
	go serving.Serve(s)
	return s
}

func handle(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connectionKey{}).(*connection)
	at := len(c.messages)
	c.messages = append(c.messages, message{
		Method:  textOf(r.Method),
		Target:  textOf(r.RequestURI),
		Host:    textOf(r.Host),
		Version: r.Proto,
		Headers: textsOf(r.Header),
	})
	body, err := io.ReadAll(r.Body)
	c.messages[at].Body = textOf(string(body))
	c.messages[at].Complete = err == nil
	if err != nil {
		c.bodyError = err.Error()
	}
	w.WriteHeader(http.StatusNoContent)
}

// read tells what requests the server reads from a connection on which bytes come.
func (s *server) read(sent []byte) answer {
	c := &connection{in: bytes.NewReader(sent), done: make(chan struct{}), messages: []message{}}
	s.connections <- c
	<-c.done
	read := answer{Messages: c.messages, Refused: c.bodyError}
	if found := refusal.FindSubmatch(c.out.Bytes()); found != nil {
		read.Refused = string(found[1])
	}
	return read
}

func (s *server) Accept() (net.Conn, error) { return <-s.connections, nil }
func (s *server) Close() error              { return nil }
func (s *server) Addr() net.Addr            { return address{} }

// connection gives the server the bytes of a client that ends its side after the last one.
type connection struct {
	in        *bytes.Reader
	out       bytes.Buffer
	messages  []message
	bodyError string
	done      chan struct{}
	closing   sync.Once
}

func (c *connection) Read(into []byte) (int, error)    { return c.in.Read(into) }
func (c *connection) Write(from []byte) (int, error)   { return c.out.Write(from) }
func (c *connection) Close() error                     { c.closing.Do(func() { close(c.done) }); return nil }
func (c *connection) CloseWrite() error                { return c.Close() }
func (c *connection) LocalAddr() net.Addr              { return address{} }
func (c *connection) RemoteAddr() net.Addr             { return address{} }
func (c *connection) SetDeadline(time.Time) error      { return nil }
func (c *connection) SetReadDeadline(time.Time) error  { return nil }
func (c *connection) SetWriteDeadline(time.Time) error { return nil }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }
