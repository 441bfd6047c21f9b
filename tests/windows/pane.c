/* The program as in a terminal that understands control sequences, which Wine 8's console does not: keys come from the
   console, and what is written goes through a pipe that has the name of a terminal's (as Git Bash's have), to standard output.
       pane.exe PROGRAM ARGUMENTS…  */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static DWORD WINAPI copy(LPVOID from) {
    char bytes[4096];
    DWORD got, put;
    HANDLE to = GetStdHandle(STD_OUTPUT_HANDLE);
    while (ReadFile((HANDLE)from, bytes, sizeof bytes, &got, NULL) && got) WriteFile(to, bytes, got, &put, NULL);
    return 0;
}

int main(void) {
    /* Everything after the first word of the command line, which is this program. */
    char *rest = GetCommandLineA();
    rest = *rest == '"' ? strchr(rest + 1, '"') + 1 : strchr(rest, ' ');
    if (!rest) return 2;
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    const char *name = "\\\\.\\pipe\\msys-0123456789abcdef-pty0-to-master";
    HANDLE end = CreateNamedPipeA(name, PIPE_ACCESS_INBOUND, 0, 1, 65536, 65536, 0, NULL);
    HANDLE out = CreateFileA(name, GENERIC_WRITE, 0, &inherited, OPEN_EXISTING, 0, NULL);
    if (end == INVALID_HANDLE_VALUE || out == INVALID_HANDLE_VALUE) return 3;
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = out;
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION child;
    if (!CreateProcessA(NULL, rest + strspn(rest, " "), NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) return 4;
    CloseHandle(out);
    HANDLE copying = CreateThread(NULL, 0, copy, end, 0, NULL);
    DWORD code = 5;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    WaitForSingleObject(copying, 5000);
    return (int)code;
}
