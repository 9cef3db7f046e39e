//! Types that have values, and the cost of making one.
//!
//! A struct with a field that must not be null needs an object for it, whose own fields may need
//! objects in turn. A type of which each object needs another of the same type has no values. So
//! the cost of a type is the least solution of *one more than the cost of all its fields*, found by
//! fixed-point iteration; a type without a finite solution is not inhabited. Making the cheapest
//! value at each step terminates, because costs decrease.

use wasm_encoder::HeapType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FieldType, HeapType as ParsedHeap, RefType, StorageType,
    UnpackedIndex, ValType,
};

use super::error::EnrichError;
use super::survey::Survey;

/// An object that takes more allocations counts as not inhabited: the code to make it would be too
/// long.
const MAX_COST: u32 = 24;

/// Types beyond this are ignored: no generated module has that many, and the search is quadratic.
const MAX_TYPES: usize = 128;

/// Maximum number of the module's types that are tried for one place.
const MAX_NEW: usize = 4;

impl Survey {
    /// Reads `wasm`, which must be a valid core module.
    pub(super) fn new(wasm: &[u8]) -> Result<Survey, EnrichError> {
        let mut survey = Survey::read(wasm)?;
        costs(&mut survey);
        Ok(survey)
    }
}

/// A way to make a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The null of this type.
    Null(HeapType),
    /// An i31.
    I31,
    /// A new node.
    Node,
    /// A new array of references.
    Refs,
    /// A reference converted to an external one.
    Extern,
    /// A function of the module.
    Func(u32),
    /// An object of a type of the module.
    Object {
        /// The type.
        ty: u32,
        /// The number of objects to allocate.
        cost: u32,
    },
}

impl Source {
    fn cost(self) -> u32 {
        match self {
            Source::Object { cost, .. } => cost,
            Source::Null(_) | Source::I31 | Source::Func(_) => 0,
            Source::Node | Source::Refs | Source::Extern => 1,
        }
    }
}

/// How to make a value of some type.
#[derive(Clone, Debug)]
pub(super) enum Filler {
    /// A number of this type.
    Number(StorageType),
    /// A reference from one of these sources; the cheapest comes first, and there is at least one.
    Reference(Vec<Source>),
}

impl Filler {
    /// The filler for a value of type `ty`; `None` if there is no value.
    pub(super) fn of(survey: &Survey, ty: ValType) -> Option<Filler> {
        Filler::stored(survey, StorageType::Val(ty))
    }

    fn stored(survey: &Survey, ty: StorageType) -> Option<Filler> {
        match ty {
            StorageType::Val(ValType::Ref(slot)) => {
                let sources = sources(survey, slot);
                (!sources.is_empty()).then_some(Filler::Reference(sources))
            }
            number => Some(Filler::Number(number)),
        }
    }

    fn cost(&self) -> u32 {
        match self {
            Filler::Number(_) => 0,
            Filler::Reference(sources) => sources.first().map_or(0, |source| source.cost()),
        }
    }
}

/// How to make an object of a type.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    /// Whether it is an array; `fields` then has one filler, for the elements.
    pub(super) array: bool,
    /// Whether `new_default` can be used.
    pub(super) default: bool,
    /// How to fill its fields.
    pub(super) fields: Vec<Filler>,
}

impl Recipe {
    /// The recipe for the struct or array at index `ty`, with the costs known so far.
    pub(super) fn of(survey: &Survey, ty: u32) -> Option<Recipe> {
        let (array, fields): (bool, &[FieldType]) =
            match &survey.types.get(ty as usize)?.composite_type.inner {
                CompositeInnerType::Struct(ty) => (false, &ty.fields),
                CompositeInnerType::Array(ty) => (true, std::slice::from_ref(&ty.0)),
                _ => return None,
            };
        let filler = |field: &FieldType| Filler::stored(survey, field.element_type);
        Some(Recipe {
            array,
            default: fields
                .iter()
                .all(|field| field.element_type.unpack().is_defaultable()),
            fields: fields.iter().map(filler).collect::<Option<_>>()?,
        })
    }

    fn cost(&self) -> u32 {
        if self.default {
            return 1;
        }
        let fields = self.fields.iter().map(Filler::cost);
        fields.fold(1, u32::saturating_add)
    }
}

/// The cost of an object of each type; `None` if there is none, or none below [`MAX_COST`].
fn costs(survey: &mut Survey) {
    survey.costs = vec![None; survey.types.len().min(MAX_TYPES)];
    loop {
        let mut changed = false;
        for ty in 0..survey.costs.len() {
            let recipe = Recipe::of(survey, ty as u32);
            let new = recipe.map(|r| r.cost()).filter(|cost| *cost <= MAX_COST);
            if new.is_some_and(|new| survey.costs[ty].is_none_or(|old| new < old)) {
                survey.costs[ty] = new;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// Sources of values for a place of type `slot`, the cheapest first.
pub(super) fn sources(survey: &Survey, slot: RefType) -> Vec<Source> {
    use AbstractHeapType::{Any, Array, Eq, Extern, Func, I31, Struct};
    let mut sources = Vec::new();
    match slot.heap_type() {
        ParsedHeap::Abstract { shared: false, ty } => match ty {
            Any | Eq => sources.extend([Source::I31, Source::Node, Source::Refs]),
            Struct => sources.push(Source::Node),
            Array => sources.push(Source::Refs),
            I31 => sources.push(Source::I31),
            Extern => sources.push(Source::Extern),
            Func => sources.extend(survey.exported_funcs.first().map(|(f, _)| Source::Func(*f))),
            _ => {}
        },
        ParsedHeap::Concrete(UnpackedIndex::Module(ty)) => {
            let mut funcs = survey.exported_funcs.iter();
            let found = funcs.find(|(_, found)| *found == ty);
            sources.extend(found.map(|(f, _)| Source::Func(*f)));
        }
        _ => {}
    }
    let known = (0..).zip(&survey.costs);
    let objects = known.filter_map(|(ty, cost)| {
        let cost = (*cost)?;
        survey
            .accepts(slot, ty)
            .then_some(Source::Object { ty, cost })
    });
    sources.extend(objects.take(MAX_NEW));
    // With null alone, the place could only be cleared.
    if slot.is_nullable()
        && let Ok(heap) = RoundtripReencoder.heap_type(slot.heap_type())
    {
        sources.push(Source::Null(heap));
    }
    sources.sort_by_key(|source| source.cost());
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs_of(types: &str) -> Vec<Option<u32>> {
        let wasm = wat::parse_str(format!("(module {types})")).expect("valid text");
        Survey::new(&wasm).expect("a module").costs
    }

    #[test]
    fn a_type_that_needs_itself_has_no_values() {
        let costs = costs_of(
            "(rec (type $a (struct (field (ref $b)))) (type $b (struct (field (ref $a)))))
             (type $c (struct (field (ref null $a))))
             (type $d (struct (field (ref $c)) (field (ref $c))))
             (type $e (struct (field (ref none))))
             (type $f (array (ref $d)))
             (type $g (func))",
        );
        assert_eq!(costs, [None, None, Some(1), Some(3), None, Some(4), None]);
    }

    #[test]
    fn the_way_out_of_a_cycle_is_found() {
        // The first needs the second, whose subtypes are accepted, too, and one of these needs
        // nothing.
        let costs = costs_of(
            "(rec
               (type $a (struct (field (ref $base))))
               (type $base (sub (struct (field (mut anyref)))))
               (type $hard (sub $base (struct (field (mut anyref)) (field (ref $a))))))",
        );
        assert_eq!(costs, [Some(2), Some(1), Some(3)]);
    }

    #[test]
    fn what_takes_too_many_objects_is_left_alone() {
        // Each needs two objects of the previous type.
        let mut types = "(type $t0 (struct))".to_owned();
        for i in 1..8 {
            let (new, old) = (i, i - 1);
            types.push_str(&format!(
                "(type $t{new} (struct (field (ref $t{old})) (field (ref $t{old}))))"
            ));
        }
        let costs = costs_of(&types);
        assert_eq!(costs[..4], [Some(1), Some(3), Some(7), Some(15)]);
        assert_eq!(costs[4..], [None; 4]);
    }
}
