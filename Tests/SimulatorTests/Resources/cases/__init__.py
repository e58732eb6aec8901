"""The cases, by what they are about; each module adds its own to `table.CASES`."""
