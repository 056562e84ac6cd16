// Package prompt is the prompt: a line editor for cells of several lines, with colours, a completion menu, documentation on a key,
// and a history that can be searched.
//
// The editor is a state machine that knows no terminal: keys go in, and a frame comes out, the rows of the screen with the cursor's place
// (Editor.Press, Editor.Frame). What it edits it does not understand either: a Helper completes, describes, colours and says whether a text
// is whole. Around it, Terminal reads keys from a real terminal and draws frames, only those rows that differ from what is there.
//
// key.go reads keys; editor.go has the state, keymap.go what each key does, edit.go changes of the text, move.go those of the cursor,
// browse.go the history, menu.go completion and documentation; frame.go lays out; draw.go draws; terminal.go and raw_*.go have to
// do with the real terminal.
package prompt
