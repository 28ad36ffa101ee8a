/* python.exe for a python311.dll that came without one: Py_Main with the wide arguments. */
#include <stdio.h>
#include <windows.h>

typedef int (*py_main_t)(int, wchar_t **);

int wmain(int argc, wchar_t **argv)
{
    HMODULE dll = LoadLibraryExW(L"python311.dll", NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    py_main_t py_main = dll ? (py_main_t)(void *)GetProcAddress(dll, "Py_Main") : NULL;
    if (!py_main) {
        fprintf(stderr, "python311.dll cannot be loaded: error %lu\n", GetLastError());
        return 103;
    }
    return py_main(argc, argv);
}
