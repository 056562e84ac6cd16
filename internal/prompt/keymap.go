package prompt

// keymap is what the keys do. The function is told what the key before was.
var keymap map[string]func(e *Editor, last action) Outcome

// Keys is the list of keys, for people.
const Keys = `Enter            runs a whole input, continues an incomplete one on a new line
Alt-Enter Ctrl-J a new line, whatever there is
Tab              completes; in the menu Tab and the arrows move, Enter takes, Esc closes, typing narrows
F1 Alt-h         what is at the cursor; once more: all about it; PageUp PageDown scroll, Esc closes
Up Down          move in the text, and at its ends to earlier and later inputs that begin like what is written
Ctrl-R Ctrl-S    search earlier inputs; Enter takes, Ctrl-G returns
Ctrl-C           interrupts what runs, at the second time at all costs; at the prompt it gives up the input
Ctrl-D           ends, where nothing is written
Ctrl-_ Alt-_     undoes; takes the undo back
Ctrl-A Ctrl-E    to the line's beginning and end; Alt-< Alt-> to the text's
Alt-B Alt-F      a word back, forth (also Ctrl-Left, Ctrl-Right)
Ctrl-W Alt-D     erase the word before, after the cursor; Ctrl-U Ctrl-K the line's
Ctrl-Y Alt-Y     write what was erased; once more: what was erased earlier
Ctrl-L Ctrl-Z    clears the screen; suspends
Ctrl-X Ctrl-E    opens the text in $EDITOR
`

func init() { // the table's functions look into the table
	does := func(f func(*Editor)) func(*Editor, action) Outcome {
		return func(e *Editor, _ action) Outcome { f(e); return Editing }
	}
	leads := func(o Outcome) func(*Editor, action) Outcome {
		return func(*Editor, action) Outcome { return o }
	}
	acts := func(f func(*Editor, action)) func(*Editor, action) Outcome {
		return func(e *Editor, last action) Outcome { f(e, last); return Editing }
	}
	keymap = map[string]func(*Editor, action) Outcome{
		"enter": (*Editor).enter, "M-enter": does((*Editor).newline), "C-j": does((*Editor).newline), "S-enter": does((*Editor).newline),
		"tab": does((*Editor).tab), "S-tab": does((*Editor).dedent), "C-c": leads(Interrupted), "C-d": (*Editor).deleteOrEnd,
		"C-l": leads(Cleared), "C-z": leads(Suspended), "C-x C-e": leads(Elsewhere),

		"left": does((*Editor).left), "C-b": does((*Editor).left), "right": does((*Editor).right), "C-f": does((*Editor).right),
		"C-left": does((*Editor).wordLeft), "M-left": does((*Editor).wordLeft), "M-b": does((*Editor).wordLeft),
		"C-right": does((*Editor).wordRight), "M-right": does((*Editor).wordRight), "M-f": does((*Editor).wordRight),
		"home": does((*Editor).lineStart), "C-a": does((*Editor).lineStart), "end": does((*Editor).lineEnd), "C-e": does((*Editor).lineEnd),
		"M-<": does((*Editor).textStart), "C-home": does((*Editor).textStart), "M->": does((*Editor).textEnd), "C-end": does((*Editor).textEnd),
		"up": acts((*Editor).up), "C-p": acts((*Editor).up), "down": acts((*Editor).down), "C-n": acts((*Editor).down),

		"backspace": acts((*Editor).backspace), "delete": acts((*Editor).delete),
		"C-w": acts((*Editor).killBlankWord), "M-backspace": acts((*Editor).killWordLeft), "M-d": acts((*Editor).killWordRight),
		"C-u": acts((*Editor).killToStart), "C-k": acts((*Editor).killToEnd), "C-y": does((*Editor).yank), "M-y": acts((*Editor).yankEarlier),
		"C-_": does((*Editor).undo), "C-x C-u": does((*Editor).undo), "C-/": does((*Editor).undo), "M-_": does((*Editor).redo),

		"C-r": does((*Editor).searchBack), "C-s": does((*Editor).searchBack),
		"f1": does((*Editor).describe), "M-h": does((*Editor).describe), "M-H": does((*Editor).describe),
	}
}
