//! The walk over the module's sections. Each section is copied and followed by the appended items;
//! a missing section is created.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, ExportSection,
    FunctionSection, GlobalSection, Module, SectionId, TableSection, TagSection, TypeSection,
};
use wasmparser::{
    CodeSectionReader, Data, DataKind, DataSectionReader, Element, ElementKind,
    ElementSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    TableSectionReader, TagSectionReader, TypeSectionReader,
};

use super::choice::Choice;
use super::error::EnrichError;
use super::layout::{DATA, Layout};
use super::no_traps::Guards;
use super::seeds::Seeds;
use super::segments::{self, Fit};
use super::survey::Survey;
use super::{append, body};

/// Maximum number of sequences in the bodies of the module.
const MAX_PER_MODULE: u32 = 56;

/// Sections with appended items, in their required order.
const ORDER: [SectionId; 13] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Tag,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

fn position(id: SectionId) -> usize {
    ORDER
        .iter()
        .position(|other| *other == id)
        .unwrap_or(ORDER.len())
}

/// Copies a module with additions.
pub(super) struct Rewriter<'a> {
    /// The original module.
    pub(super) survey: &'a Survey,
    /// The additions.
    pub(super) layout: &'a Layout,
    /// Choices for the appended items.
    pub(super) choice: Choice,
    /// Choices for the bodies.
    pub(super) seeds: &'a Seeds,
    /// Whether active segments that do not fit are moved.
    pub(super) settle: bool,
    /// Whether the module's own instructions are guarded.
    pub(super) guard: bool,
    /// Whether sequences are spliced into the module's bodies.
    pub(super) splice: bool,
}

type RewriteResult = Result<(), Error<EnrichError>>;

impl Rewriter<'_> {
    /// Adds a section that the module does not have.
    fn missing(&mut self, module: &mut Module, id: SectionId) {
        match id {
            SectionId::Type => {
                let mut section = TypeSection::new();
                append::types(&mut section, self.layout);
                module.section(&section);
            }
            SectionId::Function => {
                let mut section = FunctionSection::new();
                append::functions(&mut section, self.layout);
                module.section(&section);
            }
            SectionId::Table => {
                let mut section = TableSection::new();
                append::tables(&mut section, self.layout, &mut self.choice);
                module.section(&section);
            }
            SectionId::Tag => {
                let mut section = TagSection::new();
                append::tags(&mut section, self.layout);
                if !section.is_empty() {
                    module.section(&section);
                }
            }
            SectionId::Global => {
                let mut section = GlobalSection::new();
                append::globals(&mut section, self.layout, &mut self.choice);
                module.section(&section);
            }
            SectionId::Export => {
                let mut section = ExportSection::new();
                append::exports(&mut section, self.layout, self.survey);
                module.section(&section);
            }
            SectionId::Element => {
                let mut section = ElementSection::new();
                append::elements(&mut section, self.layout, &mut self.choice);
                module.section(&section);
            }
            SectionId::DataCount => {
                module.section(&DataCountSection {
                    count: self.survey.data + DATA,
                });
            }
            SectionId::Code => {
                let mut section = CodeSection::new();
                append::code(&mut section, self.layout, self.seeds.helpers);
                module.section(&section);
            }
            SectionId::Data => {
                let mut section = DataSection::new();
                append::data(&mut section, self.layout);
                module.section(&section);
            }
            SectionId::Custom | SectionId::Import | SectionId::Memory | SectionId::Start => {}
        }
    }
}

impl Reencode for Rewriter<'_> {
    type Error = EnrichError;

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> RewriteResult {
        let first = after.map_or(0, |id| position(id) + 1);
        let end = before.map_or(ORDER.len(), position);
        for id in ORDER.iter().take(end).skip(first) {
            self.missing(module, *id);
        }
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_type_section(self, types, section)?;
        append::types(types, self.layout);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_function_section(self, functions, section)?;
        append::functions(functions, self.layout);
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_table_section(self, tables, section)?;
        append::tables(tables, self.layout, &mut self.choice);
        Ok(())
    }

    fn parse_tag_section(
        &mut self,
        tags: &mut TagSection,
        section: TagSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_tag_section(self, tags, section)?;
        append::tags(tags, self.layout);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_global_section(self, globals, section)?;
        append::globals(globals, self.layout, &mut self.choice);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_export_section(self, exports, section)?;
        append::exports(exports, self.layout, self.survey);
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: ElementSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_element_section(self, elements, section)?;
        append::elements(elements, self.layout, &mut self.choice);
        Ok(())
    }

    fn parse_element(
        &mut self,
        elements: &mut ElementSection,
        element: Element<'_>,
    ) -> RewriteResult {
        let fit = if self.settle {
            segments::element(self.survey, &element.kind, &element.items)
        } else {
            Fit::Stay
        };
        match (fit, &element.kind) {
            (Fit::Move { to, wide }, ElementKind::Active { table_index, .. }) => {
                let items = self.element_items(element.items)?;
                elements.active(*table_index, &offset(to, wide), items);
            }
            (Fit::Passive, _) => {
                let items = self.element_items(element.items)?;
                elements.passive(items);
            }
            _ => utils::parse_element(self, elements, element)?,
        }
        Ok(())
    }

    fn parse_data(&mut self, data: &mut DataSection, datum: Data<'_>) -> RewriteResult {
        let fit = if self.settle {
            segments::data(self.survey, &datum.kind, datum.data.len())
        } else {
            Fit::Stay
        };
        match (fit, &datum.kind) {
            (Fit::Move { to, wide }, DataKind::Active { memory_index, .. }) => {
                let bytes = datum.data.iter().copied();
                data.active(*memory_index, &offset(to, wide), bytes);
            }
            (Fit::Passive, _) => {
                data.passive(datum.data.iter().copied());
            }
            _ => utils::parse_data(self, data, datum)?,
        }
        Ok(())
    }

    fn data_count(&mut self, count: u32) -> Result<u32, Error<EnrichError>> {
        Ok(count + DATA)
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> RewriteResult {
        utils::parse_data_section(self, data, section)?;
        append::data(data, self.layout);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> RewriteResult {
        let mut budget = if self.splice { MAX_PER_MODULE } else { 0 };
        for (index, function) in section.into_iter().enumerate() {
            let ty = self.survey.func_type(index).map_err(Error::UserError)?;
            let params = ty.params().len() as u32;
            let guards = Guards::new(self.survey, ty, self.guard);
            let choice = Choice::new(self.seeds.body(index), index as u64);
            let layout = self.layout;
            let function = body::splice(&function?, params, layout, &guards, choice, &mut budget)
                .map_err(Error::UserError)?;
            code.function(&function);
        }
        append::code(code, self.layout, self.seeds.helpers);
        Ok(())
    }
}

/// An offset as a constant expression.
fn offset(to: i32, wide: bool) -> ConstExpr {
    match wide {
        true => ConstExpr::i64_const(i64::from(to)),
        false => ConstExpr::i32_const(to),
    }
}
