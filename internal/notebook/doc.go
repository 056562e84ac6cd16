// Package notebook reads and writes notebooks: Jupyter's .ipynb files (nbformat 4), and Go scripts whose cells are separated by
// lines that begin with "// %%".
//
// A notebook that is read and written again is the same file: keys that this package does not know are kept, each where it
// stood, and numbers and texts keep their spelling. What a run changes (outputs, execution counts) is written as Jupyter
// itself writes it: one space of indentation, multi-line texts as lists of lines. A Recorder turns what a cell does into
// those outputs.
package notebook
