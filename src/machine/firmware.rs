//! What the firmware says about the machine's maker and model, as far as the system shows it to an ordinary user. Nothing
//! is judged here.

#[cfg(not(target_os = "linux"))]
use super::registry::MACHINE;
use super::registry::Registry;

/// Linux shows it below `/sys` (Documentation/ABI/testing/sysfs-firmware-dmi-tables).
#[cfg(target_os = "linux")]
pub(super) fn names(_registry: &dyn Registry) -> Vec<String> {
    let of = |what: &str| super::files::read(&std::path::Path::new("/sys/class/dmi/id").join(what), 4 * 1024).ok();
    let what = ["sys_vendor", "product_name", "bios_vendor", "bios_version", "chassis_asset_tag"];
    let names = what.into_iter().filter_map(of).map(|name| String::from_utf8_lossy(&name).trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Windows copies it into the registry.
#[cfg(not(target_os = "linux"))]
pub(super) fn names(registry: &dyn Registry) -> Vec<String> {
    let key = format!(r"{MACHINE}\HARDWARE\DESCRIPTION\System\BIOS");
    let what = ["SystemManufacturer", "SystemProductName", "BIOSVendor", "BIOSVersion"];
    what.into_iter().filter_map(|name| registry.text(&key, name)).collect()
}
