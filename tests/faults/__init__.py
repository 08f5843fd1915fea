"""Faults on purpose: each check does to real books what must do them no harm, then the same without the protection."""
