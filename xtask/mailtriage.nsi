; The installer for Windows: for one user, without administrator rights. Made by `cargo xtask dist --windows`.
; VERSION, HOMEPAGE, PUBLISHER, FOLDER (what is installed) and OUTPUT are given on the command line.
Unicode true
Target amd64-unicode
ManifestSupportedOS all
RequestExecutionLevel user
SetCompressor /SOLID lzma
Name "mailtriage ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\mailtriage"
InstallDirRegKey HKCU "Software\mailtriage" "Folder"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\mailtriage"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "mailtriage"
VIAddVersionKey "FileDescription" "Installs mailtriage for this user"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT or Apache-2.0"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section
  SetShellVarContext current
  SetOutPath "$INSTDIR"
  File /r "${FOLDER}/*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\mailtriage.lnk" "$INSTDIR\mailtriage.exe"
  ; Where "Run" and "Open" find it by its name; the search path is left alone.
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\mailtriage.exe" "" "$INSTDIR\mailtriage.exe"
  WriteRegStr HKCU "Software\mailtriage" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "mailtriage"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\mailtriage.exe"
  WriteRegStr HKCU "${UNINSTALL}" "URLInfoAbout" "${HOMEPAGE}"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  ; Only what was installed: a site file that somebody has put there stays.
  Delete "$INSTDIR\mailtriage.exe"
  Delete "$INSTDIR\README.md"
  Delete "$INSTDIR\CHANGELOG.md"
  Delete "$INSTDIR\SECURITY.md"
  Delete "$INSTDIR\LICENSE-APACHE.txt"
  Delete "$INSTDIR\LICENSE-MIT.txt"
  Delete "$INSTDIR\completions\mailtriage.ps1"
  Delete "$INSTDIR\completions\mailtriage.nu"
  RMDir "$INSTDIR\completions"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\mailtriage.lnk"
  DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\mailtriage.exe"
  DeleteRegKey HKCU "Software\mailtriage"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
