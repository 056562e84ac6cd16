package launch

import "errors"

func lowerPriority(int) error { return errors.New("there is no nice on Windows") }
