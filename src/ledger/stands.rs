//! Which facts hold: those that nobody has taken back.

/// What is true of a fact `f` that has not been taken back. Only a later fact can have done that, so that of a shelf which
/// has been scanned for years a few rows are read and not all.
pub(super) const STANDS: &str = "NOT EXISTS (SELECT 1 FROM fact a, json_each(a.body, '$.facts') j WHERE a.subject = f.subject
     AND (a.hlc, a.origin, a.origin_seq) > (f.hlc, f.origin, f.origin_seq) AND a.kind = 'annulled' AND j.value = f.id)";
