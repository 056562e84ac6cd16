package light

func random(n int) []*cell { return nil }
