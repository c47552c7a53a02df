// Answers its event in capitals, and fails when it is asked to.
package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
)

func main() {
	event, err := io.ReadAll(os.Stdin)
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(2)
	}
	os.Stderr.WriteString(os.Args[0] + " read " + strconv.Itoa(len(event)) + " bytes\n")
	switch string(event) {
	case `"fail"`:
		os.Exit(4)
	case `"panic"`:
		panic("as it was told")
	}
	if _, err := os.Stdout.Write(bytes.ToUpper(event)); err != nil {
		os.Exit(3)
	}
}
