// Answers its event, with what Go says of itself, and fails when it is asked to.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

func main() {
	event, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "%s read %d bytes\n", os.Args[0], len(event))
	var text string
	if err := json.Unmarshal(event, &text); err != nil {
		panic(err)
	}
	if text == "fail" {
		os.Exit(4)
	}
	answer := map[string]string{"shouted": strings.ToUpper(text), "arch": runtime.GOARCH}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		os.Exit(3)
	}
}
