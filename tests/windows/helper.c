/* What a test needs Windows itself for.
       helper.exe limited PROGRAM ARGUMENTS…   runs a program with the rights of an ordinary user: the token that is linked to
                                               an administrator's elevated one
       helper.exe hold FILE                    keeps a file open as a running program may: nobody else can open it meanwhile */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static int limited(char *command) {
    HANDLE own;
    TOKEN_LINKED_TOKEN linked;
    DWORD length, code = 5;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own)) return 6;
    if (!GetTokenInformation(own, TokenLinkedToken, &linked, sizeof linked, &length)) return 7;
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    if (!CreateProcessAsUserA(linked.LinkedToken, NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) return 8;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "hold")) {
        if (CreateFileA(words[2], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE) return 3;
        puts("held");
        fflush(stdout);
        Sleep(60000);
        return 0;
    }
    char *rest = strstr(GetCommandLineA(), " limited ");
    return rest ? limited(rest + strlen(" limited ")) : 2;
}
