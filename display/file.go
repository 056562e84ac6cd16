package display

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gocluster/gocluster/internal/render"
)

// File shows a file in the way that its extension says: pictures (png, jpg, gif, webp, svg), tables (csv, tsv), html, md, tex, json, Vega-Lite
// charts (vl.json), pdf, sound (wav, mp3, ogg), film (mp4, webm) and text (txt, log, go and others).
func File(name string) error { return try(file(name)) }

// maker makes a bundle of a file's contents.
type maker func(data []byte) (map[string]any, error)

var makers = map[string]maker{
	".png": pngBytes, ".jpg": jpegBytes, ".jpeg": jpegBytes, ".gif": raw("image/gif"), ".webp": raw("image/webp"), ".pdf": raw("application/pdf"),
	".svg": text(render.ImageSVG), ".html": text(render.TextHTML), ".htm": text(render.TextHTML), ".js": text(javaScript),
	".md": text(render.TextMarkdown), ".markdown": text(render.TextMarkdown), ".tex": text(render.TextLaTeX),
	".json": jsonFile, ".vl.json": func(data []byte) (map[string]any, error) { return vega(data) },
	".csv": separated(','), ".tsv": separated('\t'),
	".wav": media("audio", "audio/wav"), ".mp3": media("audio", "audio/mpeg"), ".ogg": media("audio", "audio/ogg"),
	".mp4": media("video", "video/mp4"), ".webm": media("video", "video/webm"),
	".txt": text(render.TextPlain), ".log": text(render.TextPlain), ".go": text(render.TextPlain), ".mod": text(render.TextPlain),
	".yaml": text(render.TextPlain), ".yml": text(render.TextPlain), ".toml": text(render.TextPlain), ".xml": text(render.TextPlain),
	".sh": text(render.TextPlain), ".py": text(render.TextPlain), ".c": text(render.TextPlain), "": text(render.TextPlain),
}

func file(name string) (map[string]any, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot show a file: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("cannot show %s: it is a directory", name)
	case info.Size() > render.MaxBundle:
		return nil, fmt.Errorf("cannot show %s: %w", name, render.TooLarge(int(info.Size())))
	}
	ext := strings.ToLower(filepath.Ext(name))
	if strings.HasSuffix(strings.ToLower(name), ".vl.json") {
		ext = ".vl.json"
	}
	make, ok := makers[ext]
	if !ok {
		return nil, fmt.Errorf("cannot show %s: nothing is known of files that end in %s; read it, and show what is in it with another function of this package", name, ext)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot show a file: %w", err)
	}
	bundle, err := make(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if bundle[render.TextPlain] == nil {
		bundle[render.TextPlain] = "<" + filepath.Base(name) + ">"
	}
	return bundle, nil
}

func raw(mime string) maker {
	return func(data []byte) (map[string]any, error) { return map[string]any{mime: data}, nil }
}

func text(mime string) maker {
	return func(data []byte) (map[string]any, error) {
		if !utf8.Valid(data) {
			return nil, fmt.Errorf("cannot show it as %s: it is no text", mime)
		}
		bundle := map[string]any{mime: string(data)}
		if mime == render.TextMarkdown || mime == render.TextLaTeX {
			bundle[render.TextPlain] = string(data)
		}
		return bundle, nil
	}
}

func jsonFile(data []byte) (map[string]any, error) {
	if !json.Valid(data) {
		return nil, fmt.Errorf("cannot show it as JSON: it is none")
	}
	return tree(json.RawMessage(data))
}

// media is sound or film in a page of its own.
func media(tag, mime string) maker {
	return func(data []byte) (map[string]any, error) {
		page := fmt.Sprintf(`<%s controls src="data:%s;base64,%s"></%s>`, tag, mime, base64.StdEncoding.EncodeToString(data), tag)
		return map[string]any{render.TextHTML: page}, nil
	}
}

// separated is a table whose first line has the columns' names.
func separated(comma rune) maker {
	return func(data []byte) (map[string]any, error) {
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
		lines, err := r.ReadAll()
		if err != nil {
			return nil, fmt.Errorf("cannot show it as a table: %w", err)
		}
		if len(lines) < 2 {
			return text(render.TextPlain)(data)
		}
		page, plain := render.Lines(lines[0], lines[1:])
		return map[string]any{render.TextHTML: page, render.TextPlain: plain}, nil
	}
}
