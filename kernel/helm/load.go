package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"
	"sigs.k8s.io/yaml"
)

const (
	mostChartBytes = 10 << 20
	mostFileBytes  = 5 << 20
	mostFiles      = 50_000
	chartFile      = "Chart.yaml"
	oldRequirement = "requirements.yaml"
	valuesName     = "values.yaml"
)

// times knows when files were written, by where their content is in memory: a loaded chart shares it.
type times map[*byte]int64

func (t times) keep(data []byte, at int64) {
	if len(data) > 0 {
		t[&data[0]] = at
	}
}

// load reads a chart. Its files keep their times.
func load(c content, known times) (*chart.Chart, error) {
	files, err := filesOf(c, known)
	if err != nil {
		return nil, err
	}
	return loader.LoadFiles(files)
}

func filesOf(c content, known times) ([]*loader.BufferedFile, error) {
	if c.Archive == nil {
		return folderFiles(c.Files, known)
	}
	if len(c.Archive) > mostChartBytes {
		return nil, fmt.Errorf("size of chart exceeds '%d' bytes limit", mostChartBytes)
	}
	at, err := archiveTimes(c.Archive)
	if err != nil {
		return nil, err
	}
	files, err := loader.LoadArchiveFiles(bytes.NewReader(c.Archive))
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		known.keep(f.Data, at[i])
	}
	return files, nil
}

// archiveTimes are the times of an archive's files, in its order. One that the loader would refuse for its size is refused before it is in memory.
func archiveTimes(archive []byte) ([]int64, error) {
	var at []int64
	left := loader.MaxDecompressedChartSize
	err := eachEntry(archive, func(header *tar.Header, _ io.Reader) error {
		if header.Size > loader.MaxDecompressedFileSize {
			return fmt.Errorf("decompressed chart file %q is larger than the maximum file size %d", header.Name, loader.MaxDecompressedFileSize)
		}
		if left -= header.Size; left <= 0 || len(at) >= mostFiles {
			return fmt.Errorf("decompressed chart is larger than the maximum file size %d", loader.MaxDecompressedChartSize)
		}
		at = append(at, header.ModTime.Unix())
		return nil
	})
	return at, err
}

// eachEntry calls for every file of an archive, as Helm's loader counts them.
func eachEntry(archive []byte, see func(*tar.Header, io.Reader) error) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	entries := tar.NewReader(io.LimitReader(unzipped, loader.MaxDecompressedChartSize+mostChartBytes))
	for {
		header, err := entries.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if header.FileInfo().IsDir() || header.Typeflag == tar.TypeXGlobalHeader || header.Typeflag == tar.TypeXHeader {
			continue
		}
		if err := see(header, entries); err != nil {
			return err
		}
	}
}

// folderFiles are the files of a chart's folder that its ignore rules leave, in the order of a walk.
func folderFiles(all []file, known times) ([]*loader.BufferedFile, error) {
	rules, err := rulesOf(all)
	if err != nil {
		return nil, fmt.Errorf("cannot load ignore rules for chart: %w", err)
	}
	sort.Slice(all, func(i, j int) bool {
		return strings.ReplaceAll(all[i].Name, "/", "\x00") < strings.ReplaceAll(all[j].Name, "/", "\x00")
	})
	var files []*loader.BufferedFile
	for _, f := range all {
		if isIgnored(rules, f) {
			continue
		}
		if f.Size > mostFileBytes {
			return nil, fmt.Errorf("cannot load file %s as file size (%d) exceeds limit (%d)", f.Name, f.Size, mostFileBytes)
		}
		data := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf"))
		known.keep(data, f.Time)
		files = append(files, &loader.BufferedFile{Name: f.Name, Data: data})
	}
	return files, nil
}

func rulesOf(all []file) (*ignore.Rules, error) {
	rules := ignore.Empty()
	for _, f := range all {
		if f.Name != ignore.HelmIgnore {
			continue
		}
		parsed, err := ignore.Parse(bytes.NewReader(f.Data))
		if err != nil {
			return nil, err
		}
		rules = parsed
	}
	rules.AddDefaults()
	return rules, nil
}

func isIgnored(rules *ignore.Rules, f file) bool {
	for i, c := range f.Name {
		if c == '/' && rules.Ignore(f.Name[:i], info{name: path.Base(f.Name[:i]), folder: true}) {
			return true
		}
	}
	return rules.Ignore(f.Name, info{name: path.Base(f.Name), size: f.Size})
}

// info is a file as ignore rules see it.
type info struct {
	name   string
	size   int64
	folder bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Unix(0, 0) }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// readMetadata reads the metadata of a chart that may be broken elsewhere. Old charts have their dependencies in a file of their own.
func readMetadata(c content) (*chart.Metadata, error) {
	var found *chart.Metadata
	take := func(name string, data []byte) error {
		if found == nil {
			found = &chart.Metadata{}
		}
		if err := yaml.Unmarshal(data, found); err != nil {
			return fmt.Errorf("cannot load '%s': %w", name, err)
		}
		if found.APIVersion == "" {
			found.APIVersion = chart.APIVersionV1
		}
		return nil
	}
	if err := eachMetadataFile(c, take); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("no '%s' found", chartFile)
	}
	return found, nil
}

func eachMetadataFile(c content, take func(string, []byte) error) error {
	if c.Archive != nil {
		return archiveMetadata(c.Archive, take)
	}
	for _, name := range []string{chartFile, oldRequirement} {
		for _, f := range c.Files {
			if f.Name != name {
				continue
			}
			if f.Size > mostFileBytes {
				return tooLarge(name)
			}
			if err := take(name, f.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

func archiveMetadata(archive []byte, take func(string, []byte) error) error {
	if len(archive) > mostChartBytes {
		return fmt.Errorf("size of chart exceeds '%d' bytes limit", mostChartBytes)
	}
	return eachEntry(archive, func(header *tar.Header, body io.Reader) error {
		parts := strings.Split(strings.ReplaceAll(header.Name, `\`, "/"), "/")
		if err := checkPath(header.Name, parts); err != nil {
			return err
		}
		if len(parts) != 2 || parts[1] != chartFile && parts[1] != oldRequirement {
			return nil
		}
		if header.Size > mostFileBytes {
			return tooLarge(header.Name)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return take(parts[1], data)
	})
}

func tooLarge(name string) error {
	return fmt.Errorf("size of '%s' exceeds '%d' bytes limit", name, mostFileBytes)
}

// checkPath refuses the paths that Helm's loader refuses.
func checkPath(name string, parts []string) error {
	below := strings.Join(parts[1:], "/")
	clean := path.Clean(below)
	switch {
	case path.IsAbs(below):
		return errors.New("chart illegally contains absolute paths")
	case clean == ".":
		return fmt.Errorf("chart illegally contains content outside the base directory: %s", name)
	case strings.HasPrefix(clean, ".."):
		return errors.New("chart illegally references parent directory")
	case len(clean) > 2 && clean[1] == ':' && clean[2] == '/':
		return errors.New("chart contains illegally named files")
	}
	return nil
}
