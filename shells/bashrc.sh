# shellcheck shell=bash disable=SC2221,SC2222
# now: export PATH=__DIR__:"$PATH" # prepend
# now: export PATH="$PATH":__DIR__ # append
case ${PATH-}: in
    __DIR__:* | __DIR__/:* | *:__DIR__:* | *:__DIR__/:*) ;;
    *)
        # A login shell's own startup file does it, perhaps without looking whether it is there.
        if [ -z "${BASH_VERSION-}" ] || ! shopt -q login_shell; then
            PATH=__DIR__${PATH:+:$PATH} && export PATH # prepend
            PATH=${PATH:+$PATH:}__DIR__ && export PATH # append
        fi
        ;;
esac
