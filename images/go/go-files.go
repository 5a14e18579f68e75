// go-files COMMAND... -- ENTRY SOURCE...: runs the command with the names of the entry and of those sources that Go would
// build with it here. A name such as x_windows.go and a line such as //go:build ignore leave a file out. An entry that is
// left out itself stands alone, as with `go run`.
package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"syscall"
)

func main() {
	end := slices.Index(os.Args, "--")
	command, entry := os.Args[1:end], os.Args[end+1]
	files := []string{entry}
	if fits(entry) {
		for _, name := range os.Args[end+2:] {
			if !strings.HasSuffix(name, "_test.go") && fits(name) {
				files = append(files, name)
			}
		}
	}
	files = ofOnePackage(files)
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, append(command, files...), os.Environ())
	}
	fail(err.Error())
}

func fits(name string) bool {
	fits, err := build.Default.MatchFile(".", name)
	return fits || err != nil
}

// The files of the entry's package. Go's own words for the others need a folder for each package, and a gist has none.
func ofOnePackage(files []string) []string {
	entry := parse(files[0])
	if entry == nil {
		return files
	}
	own := entry.Name.Name
	if own != "main" {
		fail(fmt.Sprintf("Package %s is a library, and it has no tests: a program is of package main.", own))
	}
	var kept, imported, others []string
	for _, name := range files {
		parsed := parse(name)
		if parsed != nil && parsed.Name.Name != own {
			others = append(others, parsed.Name.Name)
			continue
		}
		kept = append(kept, name)
		if parsed != nil {
			for _, each := range parsed.Imports {
				imported = append(imported, path.Base(strings.Trim(each.Path.Value, "`\"")))
			}
		}
	}
	for _, other := range others {
		if slices.Contains(imported, other) {
			fail(fmt.Sprintf("This gist imports its package %s, and has no folder for it: all its Go files stand in one.", other))
		}
	}
	return kept
}

// What is found even where the rest of the file has errors; nil if there is no package.
func parse(name string) *ast.File {
	parsed, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if parsed == nil || parsed.Name == nil || parsed.Name.Name == "" || parsed.Name.Name == "_" {
		return nil
	}
	return parsed
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	os.Exit(1)
}
