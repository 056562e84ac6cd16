package gocode

import (
	"go/token"
	"go/types"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// diagnose turns what the checker says of the cell into diagnostics. A notebook tolerates what it must: unused variables and
// imports, and an expression as the last line.
func (s *Session) diagnose(p *parsed, c *checked) Diagnostics {
	var ds Diagnostics
	for _, err := range c.errs {
		if tolerated(p, err) {
			continue
		}
		d := Diagnostic{Position: position(err.Fset.Position(err.Pos)), Message: plain(err.Msg)}
		d.EndCol = s.endColumn(p, d.Position, err.Pos)
		d.Hint = s.hint(c, d.Message)
		if strings.HasPrefix(err.Msg, "\t") && len(ds) > 0 { // a further line of the error before
			ds[len(ds)-1].Message += "\n" + plain(err.Msg)
			continue
		}
		ds = append(ds, d)
	}
	return ds
}

func tolerated(p *parsed, err types.Error) bool {
	switch msg := err.Msg; {
	case strings.HasPrefix(msg, "declared and not used"), strings.HasSuffix(msg, "imported and not used"), strings.Contains(msg, "imported as ") && strings.HasSuffix(msg, "and not used"):
		return true
	case strings.HasPrefix(msg, "initialization cycle"):
		return !p.program
	case strings.HasSuffix(msg, "is not used"), strings.HasSuffix(msg, "(no value) used as value"):
		if n := len(p.stmts); n > 0 && p.stmts[n-1].stmt != nil {
			last := p.stmts[n-1].stmt
			return last.Pos() <= err.Pos && err.Pos < last.End() && strings.HasSuffix(msg, "is not used")
		}
	}
	return false
}

// endColumn is where the offending text ends on its line: with its token.
func (s *Session) endColumn(p *parsed, at unit.Position, pos token.Pos) int {
	if p.file == nil || pos < p.file.FileStart || pos >= p.file.FileEnd {
		return 0
	}
	f := s.fset.File(pos)
	if f == nil {
		return 0
	}
	off := f.Offset(pos)
	toks := scan(p.text[off:])
	if len(toks) == 0 {
		return 0
	}
	end := toks[0].end
	for i := 0; i+2 < len(toks) && toks[i].tok == token.IDENT && toks[i+1].tok == token.PERIOD && toks[i+2].tok == token.IDENT; i += 2 {
		end = toks[i+2].end
	}
	return at.Col + end
}
