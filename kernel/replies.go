package kernel

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/kernel/history"
	"github.com/gocluster/gocluster/kernel/magic"
)

func (k *kernel) kernelInfo(context.Context, *jupyter.Request) (reply, error) {
	version := strings.TrimPrefix(runtime.Version(), "go")
	return reply{content: map[string]any{
		"status":                 "ok",
		"protocol_version":       jupyter.Version,
		"implementation":         "gocluster",
		"implementation_version": k.config.Version,
		"language_info": map[string]any{
			"name":               "go",
			"version":            version,
			"mimetype":           "text/x-go",
			"file_extension":     ".go",
			"pygments_lexer":     "go",
			"codemirror_mode":    "go",
			"nbconvert_exporter": "script",
		},
		"banner": fmt.Sprintf("gocluster %s: Go %s, interactive and in parallel. %%help says what there is.%s", k.config.Version, version, k.tier()),
		"help_links": []map[string]string{
			{"text": "Go language", "url": "https://go.dev/ref/spec"},
			{"text": "Go standard library", "url": "https://pkg.go.dev/std"},
		},
		"supported_features": []string{"kernel subshells"},
		"debugger":           false,
	}}, nil
}

// tier says how cells run, once there is a session.
func (k *kernel) tier() string {
	select {
	case <-k.sessionStarted:
	default:
		return ""
	}
	if k.session == nil {
		return ""
	}
	_, status := k.session.Tier()
	return " Cells run " + status + "."
}

// ok is a reply that says nothing else.
func ok() reply { return reply{content: map[string]string{"status": "ok"}} }

func (k *kernel) interruptReply(context.Context, *jupyter.Request) (reply, error) {
	k.interrupt(errInterrupted)
	return ok(), nil
}

// shutdown ends the kernel. A restart is the same: Jupyter starts the next kernel itself.
func (k *kernel) shutdown(ctx context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		Restart bool `json:"restart"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	content := map[string]any{"status": "ok", "restart": req.Restart}
	err := k.reply(ctx, r, reply{content: content})
	k.interrupt(errShutdown)
	k.stop()
	k.publish(r, "shutdown_reply", content)
	return reply{}, err
}

func (k *kernel) refuseDebug(_ context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		Seq     int    `json:"seq"`
		Command string `json:"command"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	return reply{content: map[string]any{
		"type": "response", "seq": req.Seq + 1, "request_seq": req.Seq, "command": req.Command, "success": false,
		"message": fmt.Sprintf("this kernel has no debugger: %s", errUnsupported), "body": map[string]any{},
	}}, nil
}

// cursorRequest is the content of a request about a place in code. The cursor counts characters.
type cursorRequest struct {
	Code   string `json:"code"`
	Cursor *int   `json:"cursor_pos"`
	Detail int    `json:"detail_level"`
}

// offset is the cursor's place in bytes; without one, the end.
func (c cursorRequest) offset() int {
	if c.Cursor == nil {
		return len(c.Code)
	}
	at := 0
	for range max(0, *c.Cursor) {
		_, size := utf8.DecodeRuneInString(c.Code[at:])
		at += size
	}
	return at
}

// characters is the inverse of offset.
func (c cursorRequest) characters(offset int) int {
	return utf8.RuneCountInString(c.Code[:min(max(0, offset), len(c.Code))])
}

func (k *kernel) complete(ctx context.Context, r *jupyter.Request) (reply, error) {
	var req cursorRequest
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	s, err := k.theSession(ctx)
	if err != nil {
		return reply{}, err
	}
	c := magic.Complete(s, req.Code, req.offset())
	start, end := req.characters(c.Start), req.characters(c.End)
	matches, types := []string{}, []map[string]any{}
	for _, item := range c.Items {
		matches = append(matches, item.Text)
		types = append(types, map[string]any{"start": start, "end": end, "text": item.Text, "type": clientKind(item.Kind), "signature": item.Signature})
	}
	return reply{content: map[string]any{
		"status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end,
		"metadata": map[string]any{"_jupyter_types_experimental": types},
	}}, nil
}

// clientKind is a kind in the words that clients have icons for, which are those of Python.
func clientKind(k gocode.Kind) string {
	switch k {
	case gocode.KindVar, gocode.KindConst:
		return "instance"
	case gocode.KindFunc, gocode.KindMethod:
		return "function"
	case gocode.KindType:
		return "class"
	case gocode.KindPackage, gocode.KindImport:
		return "module"
	case gocode.KindField:
		return "property"
	case gocode.KindLabel:
		return "statement"
	}
	return string(k)
}

func (k *kernel) inspect(ctx context.Context, r *jupyter.Request) (reply, error) {
	var req cursorRequest
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	s, err := k.theSession(ctx)
	if err != nil {
		return reply{}, err
	}
	info, found := magic.Inspect(s, req.Code, req.offset(), req.Detail)
	return reply{content: map[string]any{"status": "ok", "found": found, "data": bundle(info, found), "metadata": map[string]any{}}}, nil
}

func bundle(info gocode.Info, found bool) map[string]any {
	data := map[string]any{}
	if found {
		data["text/plain"] = info.Text
		if info.Markdown != "" {
			data["text/markdown"] = info.Markdown
		}
	}
	return data
}

func (k *kernel) isComplete(ctx context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		Code string `json:"code"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	status, indent := "complete", ""
	if code, open := magic.Go(req.Code); open {
		status = "incomplete"
	} else if code != "" {
		s, err := k.theSession(ctx)
		if err != nil {
			return reply{}, err
		}
		status, indent = s.IsComplete(code)
	}
	content := map[string]string{"status": status}
	if status == "incomplete" {
		content["indent"] = indent
	}
	return reply{content: content}, nil
}

func (k *kernel) historyReply(_ context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		Output  bool   `json:"output"`
		Access  string `json:"hist_access_type"`
		Session int    `json:"session"`
		Start   int    `json:"start"`
		Stop    int    `json:"stop"`
		N       int    `json:"n"`
		Pattern string `json:"pattern"`
		Unique  bool   `json:"unique"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	var entries []history.Entry
	switch req.Access {
	case "tail":
		entries = k.history.Tail(req.N)
	case "range":
		entries = k.history.Range(req.Session, req.Start, req.Stop)
	case "search":
		if req.Pattern == "" {
			req.Pattern = "*"
		}
		entries = k.history.Search(req.Pattern, req.N, req.Unique)
	default:
		return reply{}, fmt.Errorf("hist_access_type is %q; want range, tail or search", req.Access)
	}
	list := []any{}
	for _, e := range entries {
		list = append(list, historyTuple(e, req.Output))
	}
	return reply{content: map[string]any{"status": "ok", "history": list}}, nil
}

func historyTuple(e history.Entry, withOutput bool) []any {
	if !withOutput {
		return []any{e.Session, e.Line, e.Input}
	}
	var output any
	if e.Output != "" {
		output = e.Output
	}
	return []any{e.Session, e.Line, []any{e.Input, output}}
}
