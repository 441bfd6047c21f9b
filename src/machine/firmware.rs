//! What the firmware says about the machine's maker and model, as far as the system shows it to an ordinary user. Nothing
//! is judged here.

/// Linux shows it below `/sys` (Documentation/ABI/testing/sysfs-firmware-dmi-tables).
#[cfg(target_os = "linux")]
pub(super) fn names() -> Vec<String> {
    let of = |what: &str| super::files::read(&std::path::Path::new("/sys/class/dmi/id").join(what), 4 * 1024).ok();
    let what = ["sys_vendor", "product_name", "bios_vendor", "bios_version", "chassis_asset_tag"];
    let names = what.into_iter().filter_map(of).map(|name| String::from_utf8_lossy(&name).trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Windows copies it into the registry.
#[cfg(windows)]
pub(super) fn names() -> Vec<String> {
    let Ok(key) = windows_registry::LOCAL_MACHINE.open(r"HARDWARE\DESCRIPTION\System\BIOS") else { return Vec::new() };
    let what = ["SystemManufacturer", "SystemProductName", "BIOSVendor", "BIOSVersion"];
    what.into_iter().filter_map(|name| key.get_string(name).ok()).collect()
}

#[cfg(not(any(windows, target_os = "linux")))]
pub(super) fn names() -> Vec<String> {
    Vec::new()
}
