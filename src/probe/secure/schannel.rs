//! What the error numbers of SChannel and of Windows' certificate check mean: a pure table. Windows says its errors in the
//! user's language; only the number, which the standard library adds in brackets, is the same everywhere.

use super::failure::{CertificateFault, FailureKind};
use CertificateFault::{Expired, Name, UnknownIssuer, Unsaid};

/// The numbers of winerror.h (learn.microsoft.com, "COM Error Codes (Security and Setup)") and of Windows Sockets.
const NUMBERS: [(u32, FailureKind, CertificateFault); 26] = {
    use FailureKind::{Certificate, Cut, NothingInCommon};
    [
        (0x8009_0302, NothingInCommon, Unsaid),    // SEC_E_UNSUPPORTED_FUNCTION
        (0x8009_0331, NothingInCommon, Unsaid),    // SEC_E_ALGORITHM_MISMATCH
        (0x8009_0322, Certificate, Name),          // SEC_E_WRONG_PRINCIPAL
        (0x8009_0325, Certificate, UnknownIssuer), // SEC_E_UNTRUSTED_ROOT
        (0x8009_0327, Certificate, Unsaid),        // SEC_E_CERT_UNKNOWN
        (0x8009_0328, Certificate, Expired),       // SEC_E_CERT_EXPIRED
        (0x8009_0349, Certificate, Unsaid),        // SEC_E_CERT_WRONG_USAGE
        (0x8009_2010, Certificate, Unsaid),        // CRYPT_E_REVOKED
        (0x8009_2012, Certificate, Unsaid),        // CRYPT_E_NO_REVOCATION_CHECK
        (0x8009_2013, Certificate, Unsaid),        // CRYPT_E_REVOCATION_OFFLINE
        (0x8009_6004, Certificate, Unsaid),        // TRUST_E_CERT_SIGNATURE
        (0x8009_6019, Certificate, Unsaid),        // TRUST_E_BASIC_CONSTRAINTS
        (0x800B_0101, Certificate, Expired),       // CERT_E_EXPIRED: also if it is not yet valid
        (0x800B_0102, Certificate, Expired),       // CERT_E_VALIDITYPERIODNESTING
        (0x800B_0105, Certificate, Unsaid),        // CERT_E_CRITICAL
        (0x800B_0109, Certificate, UnknownIssuer), // CERT_E_UNTRUSTEDROOT
        (0x800B_010A, Certificate, UnknownIssuer), // CERT_E_CHAINING
        (0x800B_010B, Certificate, Unsaid),        // TRUST_E_FAIL
        (0x800B_010C, Certificate, Unsaid),        // CERT_E_REVOKED
        (0x800B_010E, Certificate, Unsaid),        // CERT_E_REVOCATION_FAILURE
        (0x800B_010F, Certificate, Name),          // CERT_E_CN_NO_MATCH
        (0x800B_0110, Certificate, Unsaid),        // CERT_E_WRONG_USAGE
        (0x800B_0111, Certificate, UnknownIssuer), // TRUST_E_EXPLICIT_DISTRUST
        (0x800B_0114, Certificate, Unsaid),        // CERT_E_INVALID_NAME
        (10_053, Cut, Unsaid),                     // WSAECONNABORTED
        (10_054, Cut, Unsaid),                     // WSAECONNRESET
    ]
};

/// What the number in an error's text means; `None` without a number that is known.
pub(super) fn meaning(said: &str) -> Option<(FailureKind, CertificateFault)> {
    let (_, number) = said.rsplit_once("(os error ")?;
    let number: i32 = number.split_once(')')?.0.parse().ok()?;
    let row = NUMBERS.iter().find(|(known, ..)| *known == number.cast_unsigned())?;
    Some((row.1, row.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_the_same_in_every_language() {
        let german = "Eine Zertifikatkette wurde zwar verarbeitet, endete jedoch mit einem Stammzertifikat, das beim \
                      Vertrauensanbieter nicht als vertrauenswürdig gilt. (os error -2146762487)";
        assert_eq!(meaning(german), Some((FailureKind::Certificate, UnknownIssuer)));
        let nameless = "OS Error -2146762481 (FormatMessageW() returned error 317) (os error -2146762481)";
        assert_eq!(meaning(nameless), Some((FailureKind::Certificate, Name)));
        let french = "Une connexion existante a dû être fermée par l’hôte distant. (os error 10054)";
        assert_eq!(meaning(french), Some((FailureKind::Cut, Unsaid)));
        assert_eq!(meaning("Connection reset by peer (os error 104)"), None);
        assert_eq!(meaning("certificate verify failed"), None);
    }
}
