package main

import (
	"encoding/json"
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"
)

// indexFile is Helm's index of a repository. Helm's own package brings every client that it can download with.
type indexFile struct {
	ServerInfo  map[string]any        `json:"serverInfo,omitempty"`
	APIVersion  string                `json:"apiVersion"`
	Generated   time.Time             `json:"generated"`
	Entries     map[string][]*version `json:"entries"`
	PublicKeys  []string              `json:"publicKeys,omitempty"`
	Annotations map[string]string     `json:"annotations,omitempty"`
}

// version is one entry of an index.
type version struct {
	*chart.Metadata
	URLs                    []string  `json:"urls"`
	Created                 time.Time `json:"created,omitempty"`
	Removed                 bool      `json:"removed,omitempty"`
	Digest                  string    `json:"digest,omitempty"`
	ChecksumDeprecated      string    `json:"checksum,omitempty"`
	EngineDeprecated        string    `json:"engine,omitempty"`
	TillerVersionDeprecated string    `json:"tillerVersion,omitempty"`
	URLDeprecated           string    `json:"url,omitempty"`
}

// index reads an index, YAML or JSON, drops what is invalid, puts the newest versions first, and writes it as JSON.
func index(input []byte) ([]byte, error) {
	if len(input) == 0 {
		return nil, failed("index", errors.New("empty index.yaml file"))
	}
	var file indexFile
	if err := decode(input, &file); err != nil {
		return nil, failed("index", err)
	}
	if file.APIVersion == "" {
		return nil, failed("index", errors.New("no API version specified"))
	}
	for name, versions := range file.Entries {
		file.Entries[name] = valid(versions)
	}
	return json.MarshalIndent(file, "", "  ")
}

func decode(input []byte, file *indexFile) error {
	if json.Valid(input) {
		return json.Unmarshal(input, file)
	}
	return yaml.UnmarshalStrict(input, file)
}

func valid(versions []*version) []*version {
	kept := make([]*version, 0, len(versions))
	for i := len(versions) - 1; i >= 0; i-- {
		entry := versions[i]
		if entry == nil {
			continue
		}
		if entry.Metadata == nil {
			entry.Metadata = &chart.Metadata{}
		}
		if entry.APIVersion == "" {
			entry.APIVersion = chart.APIVersionV1
		}
		if acceptable(entry.Validate()) {
			kept = append(kept, entry)
		}
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	sort.Sort(sort.Reverse(byVersion(kept)))
	return kept
}

// acceptable takes what repositories write that strip aliases: two dependencies of one name.
func acceptable(err error) bool {
	var invalid chart.ValidationError
	return err == nil || errors.As(err, &invalid) && strings.HasPrefix(err.Error(), "validation: more than one dependency with name or alias")
}

// byVersion puts what is no version behind all others.
type byVersion []*version

func (v byVersion) Len() int      { return len(v) }
func (v byVersion) Swap(i, j int) { v[i], v[j] = v[j], v[i] }
func (v byVersion) Less(i, j int) bool {
	a, err := semver.NewVersion(v[i].Version)
	if err != nil {
		return true
	}
	b, err := semver.NewVersion(v[j].Version)
	return err == nil && a.LessThan(b)
}
