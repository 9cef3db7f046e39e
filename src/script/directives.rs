//! The directives of a script, as far as the text parser reads them.
//!
//! A single form that the parser does not know (the folded form of legacy exceptions, for one)
//! would make the whole script unreadable. If it needs a proposal beyond WebAssembly 3.0, only that
//! directive is left out, with its reason. Any other syntax error is an error of the script.

use super::proposal::Proposal;
use wast::lexer::{Lexer, TokenKind};
use wast::parser::{self, ParseBuffer};
use wast::{Error, Wast};

/// A directive that was left out.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// Byte offset of its start.
    pub offset: usize,
    /// The proposal it needs.
    pub proposal: Proposal,
    /// Whether it is an assertion.
    pub is_assertion: bool,
    /// `Some` if it defines a module, with the module's identifier, if it has one.
    pub module: Option<Option<String>>,
}

/// The text without unreadable directives, and the directives left out. The text is empty if
/// nothing is left.
///
/// # Errors
///
/// If the text is no script.
pub(super) fn readable(text: &str) -> Result<(String, Vec<LeftOut>), Error> {
    let error = match parse(text) {
        Ok(()) => return Ok((text.to_string(), Vec::new())),
        Err(error) => error,
    };
    let Some(forms) = forms(text) else {
        return Err(error);
    };
    let count = forms.len();
    let mut readable = text.to_string();
    let mut left_out = Vec::new();
    for form in forms {
        let source = &text[form.start..form.end];
        let Some(proposal) = form.proposal else {
            continue;
        };
        if parse(source).is_ok() {
            continue;
        }
        // Blanked, so that offsets and lines of the others do not change.
        let blank: String = source
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
            .collect();
        readable.replace_range(form.start..form.end, &blank);
        left_out.push(LeftOut {
            offset: form.start,
            proposal,
            is_assertion: form.keyword.starts_with("assert_"),
            module: (form.keyword == "module").then_some(form.id),
        });
    }
    if left_out.is_empty() {
        return Err(error);
    }
    // The parser does not accept a text without any directive.
    if left_out.len() == count {
        readable.clear();
    } else {
        parse(&readable)?;
    }
    Ok((readable, left_out))
}

/// A lexer for scripts. The official suite has confusable names on purpose.
pub(super) fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}

fn parse(text: &str) -> Result<(), Error> {
    let buffer = ParseBuffer::new_with_lexer(lexer(text))?;
    parser::parse::<Wast<'_>>(&buffer).map(drop)
}

/// A form at the top level of a script.
struct Form {
    start: usize,
    end: usize,
    keyword: String,
    id: Option<String>,
    /// The proposal of one of its keywords.
    proposal: Option<Proposal>,
}

/// The forms of a script; `None` if the text does not consist of directives.
fn forms(text: &str) -> Option<Vec<Form>> {
    let mut forms: Vec<Form> = Vec::new();
    let mut depth = 0_usize;
    // Tokens of the current form so far: its identifier is the third.
    let mut count = 0;
    for token in lexer(text).iter(0) {
        let token = token.ok()?;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::LParen => {
                if depth == 0 {
                    count = 0;
                    forms.push(Form {
                        start: token.offset,
                        end: token.offset,
                        keyword: String::new(),
                        id: None,
                        proposal: None,
                    });
                }
                depth += 1;
            }
            TokenKind::RParen => {
                depth = depth.checked_sub(1)?;
                forms.last_mut()?.end = token.offset + 1;
            }
            TokenKind::Keyword => {
                let form = forms.last_mut()?;
                let keyword = token.keyword(text);
                if count == 1 {
                    form.keyword = keyword.to_string();
                }
                form.proposal = form.proposal.or_else(|| Proposal::of_keyword(keyword));
            }
            TokenKind::Id if count == 2 => {
                let id = token.id(text).ok()?;
                forms.last_mut()?.id = Some(id.into_owned());
            }
            _ => {}
        }
        count += 1;
    }
    let is_directive = |form: &Form| {
        [
            "module",
            "component",
            "register",
            "invoke",
            "thread",
            "wait",
        ]
        .contains(&&form.keyword[..])
            || form.keyword.starts_with("assert_")
    };
    (depth == 0 && forms.iter().all(is_directive)).then_some(forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_of_a_proposal_is_left_out_and_the_others_stay_where_they_are() {
        let text = "(module $a (func (try (do) (catch_all))))\n\
                    (module)\n(assert_return (invoke \"f\"))";
        let (readable, left_out) = readable(text).unwrap();
        assert_eq!(readable.len(), text.len());
        assert!(readable.trim_start().starts_with("(module)"));
        assert_eq!(left_out.len(), 1);
        assert_eq!(left_out[0].proposal, Proposal::LegacyExceptions);
        assert_eq!(left_out[0].module, Some(Some("a".into())));
        assert!(!left_out[0].is_assertion);
    }

    #[test]
    fn a_mistake_is_one_whatever_stands_beside_it() {
        for text in [
            "(module (func (try (do) (catch_all))))\n(module (fun))",
            "(module (func (loca",
            "(func (try (do)))",
            "(module) (assert_nothing)",
            ")",
        ] {
            assert!(readable(text).is_err(), "{text}");
        }
        assert!(readable("(module (func (try (do))))").is_ok());
    }
}
