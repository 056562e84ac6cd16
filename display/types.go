package display

// HTMLer is implemented by types that show themselves as a piece of a web page.
type HTMLer interface{ HTML() string }

// Markdowner is implemented by types that show themselves in Markdown.
type Markdowner interface{ Markdown() string }

// LaTeXer is implemented by types that show themselves as mathematics.
type LaTeXer interface{ LaTeX() string }

// SVGer is implemented by types that draw themselves.
type SVGer interface{ SVG() string }

// PNGer is implemented by types that give themselves as the bytes of a PNG file.
type PNGer interface{ PNG() ([]byte, error) }

// JPEGer is implemented by types that give themselves as the bytes of a JPEG file.
type JPEGer interface{ JPEG() ([]byte, error) }

// Bundler is implemented by types that show themselves in several formats, or in one that has no method of its own; see [MIME]. The
// other methods are not called then.
type Bundler interface{ MIMEBundle() map[string]any }
