"""Installers for tools: how their scripts are written, and what the scripts do when they run.

`script` writes install.sh and install.ps1, `command` is its command line. What a written script does:
the shell finds a Python, which runs `bootstrap`; that unpacks what the script carries, and `engine` does
the work: `place` (what lies where), `environments` (uv, venv, pip), `proof` (PATH, and the commands).
"""
