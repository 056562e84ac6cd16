package prompt

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
)

// canvas is the part of the screen that the prompt has: what is drawn there, and how wide the screen was.
type canvas struct {
	shown Frame
	width int
}

// draw is what to write to have a frame in the place of what is drawn: only rows that differ are written.
func (c *canvas) draw(f Frame, width int) string {
	var b strings.Builder
	b.WriteString("\x1b[?25l") // the cursor is not seen on its way
	old := c.shown
	if width != c.width {
		b.WriteString(c.erase(width))
		old = Frame{}
	}
	c.width = width
	row := old.Row
	for i, text := range f.Rows {
		if i < len(old.Rows) && old.Rows[i] == text {
			continue
		}
		b.WriteString(move(row, i, len(old.Rows)))
		b.WriteString("\r" + text + "\x1b[K")
		row = i
	}
	if len(old.Rows) > len(f.Rows) {
		b.WriteString(move(row, len(f.Rows), len(old.Rows)) + "\r\x1b[J")
		row = len(f.Rows)
	}
	b.WriteString(move(row, f.Row, max(len(old.Rows), len(f.Rows))) + "\r")
	if f.Col > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", f.Col)
	}
	b.WriteString("\x1b[?25h")
	c.shown = f
	return b.String()
}

// move goes from one row to another; rows from there on are made.
func move(from, to, there int) string {
	switch {
	case to < from:
		return fmt.Sprintf("\x1b[%dA", from-to)
	case to == from:
		return ""
	case to < there:
		return fmt.Sprintf("\x1b[%dB", to-from)
	}
	down := max(0, there-1-from)
	text := strings.Repeat("\n", to-from-down)
	if down > 0 {
		text = fmt.Sprintf("\x1b[%dB", down) + text
	}
	return text
}

// erase takes off what is drawn. If the screen has become narrower, terminals have broken its rows.
func (c *canvas) erase(width int) string {
	up := 0
	for i, text := range c.shown.Rows {
		if i > c.shown.Row {
			break
		}
		wide := ink.End(ink.Layout(unstyled(text)))
		if i == c.shown.Row {
			wide = c.shown.Col
		} else {
			up++
		}
		if width > 0 && width < c.width && wide > width {
			up += (wide - 1) / width
		}
	}
	c.shown = Frame{}
	if up == 0 {
		return "\r\x1b[J"
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", up)
}

// unstyled is a row without escape sequences.
func unstyled(row string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(row, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		row = strings.TrimLeft(after, "0123456789;?")
		if row != "" {
			row = row[1:]
		}
	}
}
