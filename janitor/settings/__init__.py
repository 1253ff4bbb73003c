"""Settings: the policy file, read strictly into frozen values, with every problem at its line and column."""
