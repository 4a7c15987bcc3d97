"""The newsletter's mail: written, queued, sent, and read when it comes back."""
