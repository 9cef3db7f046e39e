//! Proposals beyond WebAssembly 3.0, and how to detect that a script needs one.
//!
//! There are three signs: the parser fails at a keyword that only the proposal has; a module is
//! refused with a message that names the proposal; or a refused module is valid once the proposal
//! is enabled.

use super::directives::lexer;
use crate::module::{ModuleError, features};
use wasmparser::{Validator, WasmFeatures};
use wast::Wat;
use wast::lexer::TokenKind;
use wast::parser::{self, ParseBuffer};

/// A proposal, or a former one, that is not part of WebAssembly 3.0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Proposal {
    /// Exceptions with `try` and `delegate`, before `try_table` and `exnref`.
    LegacyExceptions,
    /// Continuation types, and tags with results.
    StackSwitching,
    /// Imports that name their module once.
    CompactImports,
    /// Types that describe others, and exact references.
    CustomDescriptors,
    /// Shared memories and atomic instructions.
    Threads,
    /// Strings as references.
    Stringref,
    /// Components.
    Components,
    /// Any other proposal.
    Other,
}

/// How to recognise a proposal.
struct Marks {
    proposal: Proposal,
    /// Its name in wasmparser.
    features: WasmFeatures,
    /// Parts of error messages about modules that need it.
    messages: &'static [&'static str],
    /// Keywords that only texts with the proposal have; one that ends in a dot is a prefix.
    keywords: &'static [&'static str],
}

const ALL: [Marks; 8] = [
    Marks {
        proposal: Proposal::LegacyExceptions,
        features: WasmFeatures::LEGACY_EXCEPTIONS,
        messages: &["legacy_exceptions feature required"],
        keywords: &["try", "do", "delegate", "rethrow"],
    },
    Marks {
        proposal: Proposal::StackSwitching,
        features: WasmFeatures::STACK_SWITCHING,
        messages: &["stack switching is disabled"],
        keywords: &[
            "cont",
            "cont.",
            "resume",
            "resume_throw",
            "suspend",
            "switch",
        ],
    },
    Marks {
        proposal: Proposal::CompactImports,
        features: WasmFeatures::COMPACT_IMPORTS,
        messages: &["compact imports proposal disabled"],
        keywords: &["item"],
    },
    Marks {
        proposal: Proposal::CustomDescriptors,
        features: WasmFeatures::CUSTOM_DESCRIPTORS,
        messages: &["custom descriptors required"],
        keywords: &["descriptor", "describes", "exact"],
    },
    Marks {
        proposal: Proposal::Threads,
        features: WasmFeatures::THREADS.union(WasmFeatures::SHARED_EVERYTHING_THREADS),
        messages: &[
            "threads must be enabled",
            "threads support is not enabled",
            "shared-everything-threads",
        ],
        keywords: &["shared", "seqcst", "acqrel", "thread", "wait"],
    },
    Marks {
        proposal: Proposal::Stringref,
        // Unknown to wasmparser and to the text parser.
        features: WasmFeatures::empty(),
        messages: &[],
        keywords: &[
            "stringref",
            "string",
            "string.",
            "stringview_wtf8",
            "stringview_wtf8.",
            "stringview_wtf16",
            "stringview_wtf16.",
            "stringview_iter",
            "stringview_iter.",
        ],
    },
    Marks {
        proposal: Proposal::Components,
        features: WasmFeatures::COMPONENT_MODEL,
        messages: &["this is a component"],
        keywords: &["component"],
    },
    Marks {
        proposal: Proposal::Other,
        features: WasmFeatures::all(),
        messages: &["support is not enabled", "must be enabled"],
        keywords: &["pagesize"],
    },
];

impl Proposal {
    /// The proposal in words.
    pub fn text(self) -> &'static str {
        match self {
            Proposal::LegacyExceptions => "legacy exceptions, which WebAssembly 3.0 replaced",
            Proposal::StackSwitching => {
                "stack switching (cont types, tags with results): beyond 3.0"
            }
            Proposal::CompactImports => "compact imports: beyond 3.0",
            Proposal::CustomDescriptors => "custom descriptors: beyond 3.0",
            Proposal::Threads => "threads: beyond 3.0",
            Proposal::Stringref => "stringref: beyond 3.0",
            Proposal::Components => "components: out of scope",
            Proposal::Other => "a proposal beyond 3.0",
        }
    }

    /// The proposal that a refused module needs, if that is the reason.
    pub(crate) fn of_refused(wasm: &[u8], error: &ModuleError) -> Option<Proposal> {
        Proposal::of_error(error).or_else(|| Proposal::of_module(wasm))
    }

    /// The proposal of the keyword at which the parser fails on the text of a module, if any.
    pub(crate) fn of_text(text: &str) -> Option<Proposal> {
        let parsed = match ParseBuffer::new_with_lexer(lexer(text)) {
            Ok(buffer) => parser::parse::<Wat<'_>>(&buffer).map(drop),
            Err(error) => Err(error),
        };
        let mut at = parsed.err()?.span().offset();
        loop {
            let token = lexer(text).parse(&mut at).ok()??;
            match token.kind {
                TokenKind::LParen => {}
                TokenKind::Keyword => return Proposal::of_keyword(token.keyword(text)),
                _ => return None,
            }
        }
    }

    /// The proposal named in an error, if any.
    pub(super) fn of_error(error: &ModuleError) -> Option<Proposal> {
        let (ModuleError::Invalid { message, .. } | ModuleError::Unsupported { message, .. }) =
            error;
        let named = |marks: &&Marks| marks.messages.iter().any(|mark| message.contains(mark));
        ALL.iter().find(named).map(|marks| marks.proposal)
    }

    /// The proposal without which a module is invalid and with which it is valid, if any.
    pub(super) fn of_module(wasm: &[u8]) -> Option<Proposal> {
        let valid = |marks: &&Marks| {
            if marks.features.is_empty() {
                return false;
            }
            let features = features().union(marks.features);
            Validator::new_with_features(features)
                .validate_all(wasm)
                .is_ok()
        };
        ALL.iter().find(valid).map(|marks| marks.proposal)
    }

    /// The proposal that a keyword belongs to, if any.
    pub(super) fn of_keyword(keyword: &str) -> Option<Proposal> {
        if keyword.contains(".atomic.") {
            return Some(Proposal::Threads);
        }
        let of = |marks: &&Marks| {
            let mut known = marks.keywords.iter();
            known.any(|mark| *mark == keyword || mark.ends_with('.') && keyword.starts_with(mark))
        };
        ALL.iter().find(of).map(|marks| marks.proposal)
    }
}
