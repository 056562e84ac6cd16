package batch

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// directive is what a system is told about a job, in the system's words. What %s stands for is the value; an empty value leaves it out, and no
// value is one that all jobs have.
type directive struct {
	format string
	value  func(j *Job) string
}

var slurmDirectives = []directive{
	{"--job-name=%s", name}, {"--output=%s", quotedOutput}, {"--open-mode=append", nil}, {"--nodes=%s", nodes}, {"--ntasks-per-node=%s", tasks},
	{"--cpus-per-task=%s", cpus}, {"--exclusive", wholeNodes}, {"--array=1-%s", parts}, {"--time=%s", hours}, {"--partition=%s", partition},
	{"--no-requeue", nil},
}

var pbsDirectives = []directive{
	{"-N %s", name}, {"-o %s", output}, {"-j oe", nil}, {"-l select=%s", chunks}, {"-r n", nil}, {"-l place=scatter", severalNodes}, {"-J 1-%s", parts},
	{"-l walltime=%s", hours}, {"-q %s", partition},
}

var sgeDirectives = []directive{
	{"-N %s", name}, {"-o %s", output}, {"-j y", nil}, {"-S /bin/sh", nil}, {"-r n", nil}, {"-pe mpi %s", slots}, {"-t 1-%s", parts},
	{"-l h_rt=%s", hours}, {"-q %s", partition},
}

var lsfDirectives = []directive{
	{"-J %s", quotedName}, {"-o %s", output}, {"-n %s", allCores}, {"-R \"span[ptile=%s]\"", nodeCores}, {"-rn", nil}, {"-x", wholeNodes},
	{"-W %s", minutes}, {"-q %s", partition},
}

// directives are a job's, as the system reads them.
func (s *System) directives(j Job) []string {
	var out []string
	for _, f := range s.table {
		switch {
		case f.value == nil:
			out = append(out, f.format)
		case f.value(&j) != "":
			out = append(out, strings.Replace(f.format, "%s", f.value(&j), 1))
		}
	}
	return out
}

func name(j *Job) string         { return j.Name }
func output(j *Job) string       { return j.Output }
func quotedOutput(j *Job) string { return strconv.Quote(j.Output) }
func partition(j *Job) string    { return j.Partition }
func nodes(j *Job) string        { return strconv.Itoa(j.nodes()) }
func tasks(j *Job) string        { return strconv.Itoa(j.tasks()) }
func cpus(j *Job) string         { return positive(j.CPUs) }
func nodeCores(j *Job) string    { return strconv.Itoa(j.nodeCores()) }
func allCores(j *Job) string     { return strconv.Itoa(j.nodes() * j.nodeCores()) }

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func parts(j *Job) string {
	if !j.Array {
		return ""
	}
	return strconv.Itoa(j.parts())
}

func when(so bool) string {
	if so {
		return "yes"
	}
	return ""
}

func wholeNodes(j *Job) string   { return when(j.CPUs == 0) }
func severalNodes(j *Job) string { return when(j.nodes() > 1) }

// slots are the cores of all, where that is more than the one which every job has.
func slots(j *Job) string {
	if n := j.nodes() * j.nodeCores(); n > 1 {
		return strconv.Itoa(n)
	}
	return ""
}

// chunks are nodes as PBS counts them.
func chunks(j *Job) string {
	text := fmt.Sprintf("%d:mpiprocs=%d", j.nodes(), j.tasks())
	if j.CPUs > 0 {
		text += fmt.Sprintf(":ncpus=%d", j.CPUs*j.tasks())
	}
	return text
}

// quotedName has an array's numbers in it.
func quotedName(j *Job) string {
	if j.Array {
		return strconv.Quote(fmt.Sprintf("%s[1-%d]", j.Name, j.parts()))
	}
	return strconv.Quote(j.Name)
}

// hours writes the time as 26:03:04, rounded up to seconds.
func hours(j *Job) string {
	s := int((j.Time + time.Second - 1) / time.Second)
	if s <= 0 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// minutes writes it as 26:04.
func minutes(j *Job) string {
	m := int((j.Time + time.Minute - 1) / time.Minute)
	if m <= 0 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", m/60, m%60)
}
