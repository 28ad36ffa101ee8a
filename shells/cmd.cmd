@rem now: set "PATH=__DIR__;%PATH%" # prepend
@rem now: set "PATH=%PATH%;__DIR__" # append
