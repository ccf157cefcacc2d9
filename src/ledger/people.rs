//! Who people are: names, contacts, badges and the ids of the studio's own list. Erasable; never in a fact.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Ledger, LedgerError, Reader};
use crate::domain::known::Identity;

impl Ledger {
    /// Writes who a person is and which badges are theirs; true where that changed anything. Inside a transaction.
    ///
    /// Scans of a badge that nobody knew yet lose its code and point at the person from now on. Nobody who was forgotten
    /// comes back by what was read before.
    pub fn put_identity(&self, identity: &Identity) -> Result<bool, LedgerError> {
        let sql = "INSERT INTO identity (person, handle, name, email, phone) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (person) DO UPDATE SET handle = ?2, name = ?3, email = ?4, phone = ?5
                   WHERE (handle, name) <> (?2, ?3) OR email IS NOT ?4 OR phone IS NOT ?5";
        let Identity { person, handle, name, email, phone, badges } = identity;
        if self.is_forgotten(person)? {
            return Ok(false);
        }
        let mut changed =
            self.conn.prepare_cached(sql)?.execute(params![person, handle, name, email, phone])?;
        let keep = serde_json::to_string(badges)?;
        let sql = "DELETE FROM badge WHERE person = ?1 AND code NOT IN (SELECT value FROM json_each(?2))";
        changed += self.conn.prepare_cached(sql)?.execute(params![person, keep])?;
        for badge in badges {
            let sql = "INSERT INTO badge (code, person) VALUES (?1, ?2)
                       ON CONFLICT (code) DO UPDATE SET person = ?2 WHERE person <> ?2";
            changed += self.conn.prepare_cached(sql)?.execute(params![badge, person])?;
            let sql = "UPDATE scan SET code = NULL, person = ?2 WHERE code = ?1 AND verdict = 'unknown-code'";
            self.conn.prepare_cached(sql)?.execute(params![badge, person])?;
        }
        Ok(changed > 0)
    }

    /// Keeps what somebody wrote about a fact; nothing where it is blank. Inside a transaction.
    pub fn put_note(&self, fact_id: &str, text: &str) -> Result<(), LedgerError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO note (fact, text) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute([fact_id, text.trim()])?;
        Ok(())
    }

    /// What somebody wrote about a fact, where it has not been erased.
    pub fn note(&self, fact_id: &str) -> Result<Option<String>, LedgerError> {
        note(&self.conn, fact_id)
    }
}

impl Reader {
    /// What somebody wrote about a fact, where it has not been erased.
    pub fn note(&self, fact_id: &str) -> Result<Option<String>, LedgerError> {
        note(self.conn(), fact_id)
    }
}

fn note(conn: &Connection, fact_id: &str) -> Result<Option<String>, LedgerError> {
    let sql = "SELECT text FROM note WHERE fact = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([fact_id], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_kept_beside_its_fact_and_a_blank_one_is_none() {
        let ledger = Ledger::in_memory("0123456789ab").unwrap();
        ledger.put_note("s1.0", " the lens rattles ").unwrap();
        ledger.put_note("s1.1", "  ").unwrap();
        assert_eq!(ledger.note("s1.0").unwrap().as_deref(), Some("the lens rattles"));
        assert_eq!(ledger.note("s1.1").unwrap(), None);
    }
}
