// This file lets Go files declare functions without a body.
