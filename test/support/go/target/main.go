// Reads request-targets, one a line, and writes what Go's server makes of each, as JSON: the oracle of the path filter.
package main

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
)

type reading struct {
	Path  string `json:"path"`
	Query string `json:"query"`
	Error string `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		// As net/http does (readRequest).
		parsed, err := url.ParseRequestURI(lines.Text())
		if err != nil {
			encoder.Encode(reading{Error: err.Error()})
			continue
		}
		encoder.Encode(reading{Path: parsed.Path, Query: parsed.RawQuery})
	}
}
