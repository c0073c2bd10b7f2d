"""Scripts of maintainers: each makes committed files anew, and says with `--check` which are stale."""
