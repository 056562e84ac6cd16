// This file lets the package declare a function that package reflect implements.
