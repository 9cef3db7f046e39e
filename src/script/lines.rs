//! Line numbers for errors in the modules of a script.

use crate::case::SourceMap;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

/// The line of the instruction at `offset` in the first module of the script `text` whose binary
/// form is `wasm`. Parses the script again, so that scripts without errors need not keep the data
/// for this.
pub(super) fn line_of(text: &str, wasm: &[u8], offset: u32) -> Option<u32> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let mut buffer = ParseBuffer::new_with_lexer(lexer).ok()?;
    buffer.track_instr_spans(true);
    let script: Wast<'_> = parser::parse(&buffer).ok()?;
    script.directives.into_iter().find_map(|directive| {
        let mut module = match directive {
            WastDirective::Module(QuoteWat::Wat(Wat::Module(module)))
            | WastDirective::ModuleDefinition(QuoteWat::Wat(Wat::Module(module)))
            | WastDirective::AssertTrap {
                exec: WastExecute::Wat(Wat::Module(module)),
                ..
            } => module,
            _ => return None,
        };
        let encoded = module.encode().ok()?;
        (encoded == wasm).then(|| SourceMap::of(&module, text, wasm).line(offset))?
    })
}
