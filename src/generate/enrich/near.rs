//! Types that equal each other in all but one property.
//!
//! An implementation compares types by an encoding of them, and a property that the encoding lacks makes
//! two types one: whether a field is mutable, whether a type is final, how wide a packed field is. Each
//! of these types is in a recursion group of its own, and some are declared twice.

use wasm_encoder::{
    CompositeInnerType, FieldType, FuncType, RefType, StorageType, SubType, TypeSection, ValType,
};

use super::choice::Choice;
use super::ref_types::EQ;
use super::type_parts::{object, sub};

/// The number of types, of functions with such types, and of elements of the table with the functions.
pub(super) const TYPES: u32 = Kind::ALL.len() as u32 + 1;
pub(super) const FUNCS: u32 = Kind::FUNCS.len() as u32;
pub(super) const TABLE: u64 = FUNCS as u64 + 1;

/// The types, and the functions among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    /// The first type; the others follow in the order of [`Kind::ALL`].
    pub(super) base: u32,
    /// The first of the functions, each of which returns its first parameter.
    pub(super) func: u32,
    /// A table of funcref with these functions, and null at the end.
    pub(super) table: u32,
}

/// One of the types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `(sub (struct (field (mut i8)) (field (mut eqref))))`, which the other structures vary.
    Struct,
    /// The same, declared again.
    StructAgain,
    /// Final.
    FinalStruct,
    /// With an i16.
    WideStruct,
    /// With an immutable reference.
    ConstStruct,
    /// With a reference that is not null.
    NonNullStruct,
    /// With an anyref.
    AnyStruct,
    /// With another field at the end.
    LongStruct,
    /// A declared subtype, with the same fields.
    SubStruct,
    /// The first in a group of two; the second one, of which there are no objects, follows in
    /// index order.
    GroupStruct,
    /// `(array (mut i8))`, final.
    Bytes,
    /// The same, declared again.
    BytesAgain,
    /// `(array i8)`
    ConstBytes,
    /// `(array (mut i16))`
    Shorts,
    /// `(sub (array (mut i8)))`
    OpenBytes,
    /// `(array (mut eqref))`
    Refs,
    /// `(array eqref)`
    ConstRefs,
    /// `(array (mut (ref eq)))`
    NonNullRefs,
    /// `(sub (func (param eqref) (result eqref)))`
    OpenFunc,
    /// The same, declared again.
    OpenFuncAgain,
    /// Final.
    FinalFunc,
    /// A declared subtype of the open one.
    SubFunc,
    /// With a parameter of type anyref.
    AnyFunc,
    /// With a result that is not null.
    NonNullFunc,
    /// With another parameter.
    LongFunc,
}

impl Kind {
    /// All, in the order of their declarations.
    pub(super) const ALL: [Kind; 25] = [
        Kind::Struct,
        Kind::StructAgain,
        Kind::FinalStruct,
        Kind::WideStruct,
        Kind::ConstStruct,
        Kind::NonNullStruct,
        Kind::AnyStruct,
        Kind::LongStruct,
        Kind::SubStruct,
        Kind::Bytes,
        Kind::BytesAgain,
        Kind::ConstBytes,
        Kind::Shorts,
        Kind::OpenBytes,
        Kind::Refs,
        Kind::ConstRefs,
        Kind::NonNullRefs,
        Kind::OpenFunc,
        Kind::OpenFuncAgain,
        Kind::FinalFunc,
        Kind::SubFunc,
        Kind::AnyFunc,
        Kind::NonNullFunc,
        Kind::LongFunc,
        Kind::GroupStruct,
    ];

    /// Those of the functions.
    pub(super) const FUNCS: [Kind; 4] = [
        Kind::OpenFunc,
        Kind::FinalFunc,
        Kind::SubFunc,
        Kind::NonNullFunc,
    ];

    /// Whether it is a structure.
    pub(super) fn is_struct(self) -> bool {
        !self.is_array() && !self.is_func()
    }

    /// Whether it is an array.
    pub(super) fn is_array(self) -> bool {
        use Kind::{
            Bytes, BytesAgain, ConstBytes, ConstRefs, NonNullRefs, OpenBytes, Refs, Shorts,
        };
        matches!(
            self,
            Bytes | BytesAgain | ConstBytes | Shorts | OpenBytes | Refs | ConstRefs | NonNullRefs
        )
    }

    /// Whether it is the type of a function.
    pub(super) fn is_func(self) -> bool {
        use Kind::{AnyFunc, FinalFunc, LongFunc, NonNullFunc, OpenFunc, OpenFuncAgain, SubFunc};
        matches!(
            self,
            OpenFunc | OpenFuncAgain | FinalFunc | SubFunc | AnyFunc | NonNullFunc | LongFunc
        )
    }

    /// The first declaration of an equal type.
    fn first(self) -> Kind {
        match self {
            Kind::StructAgain => Kind::Struct,
            Kind::BytesAgain => Kind::Bytes,
            Kind::OpenFuncAgain => Kind::OpenFunc,
            other => other,
        }
    }

    /// The declared supertype.
    fn supertype(self) -> Option<Kind> {
        match self {
            Kind::SubStruct => Some(Kind::Struct),
            Kind::SubFunc => Some(Kind::OpenFunc),
            _ => None,
        }
    }

    /// Whether every value of this type has the other one.
    pub(super) fn is_below(self, other: Kind) -> bool {
        let is = |kind: Kind| kind.first() == other.first();
        is(self) || self.supertype().is_some_and(is)
    }
}

impl Near {
    /// The index of a type.
    pub(super) fn index(&self, kind: Kind) -> u32 {
        let at = Kind::ALL.iter().position(|other| *other == kind);
        self.base + at.unwrap_or(0) as u32
    }

    /// One of these types.
    pub(super) fn pick(choice: &mut Choice, is: fn(Kind) -> bool) -> Kind {
        let mut all = Kind::ALL.to_vec();
        all.retain(|kind| is(*kind));
        choice.pick(&all).unwrap_or(Kind::Struct)
    }

    /// A type that nearly equals this one. Most differ in one property from the first of their kind, so
    /// that one is asked for most often.
    pub(super) fn like(choice: &mut Choice, own: Kind) -> Kind {
        let (is, firsts): (fn(Kind) -> bool, &[Kind]) = match own {
            _ if own.is_func() => (Kind::is_func, &[Kind::OpenFunc, Kind::OpenFuncAgain]),
            Kind::Refs | Kind::ConstRefs | Kind::NonNullRefs => (
                |kind| matches!(kind, Kind::Refs | Kind::ConstRefs | Kind::NonNullRefs),
                &[Kind::Refs],
            ),
            _ if own.is_array() => (Kind::is_array, &[Kind::Bytes, Kind::BytesAgain]),
            _ => (Kind::is_struct, &[Kind::Struct, Kind::StructAgain]),
        };
        match own.first() != firsts[0] && choice.chance(2, 3) {
            true => choice.pick(firsts).unwrap_or(own),
            false => Near::pick(choice, is),
        }
    }

    /// The declarations.
    pub(super) fn declare(&self, section: &mut TypeSection) {
        for kind in Kind::ALL {
            let ty = sub_type(kind, kind.supertype().map(|kind| self.index(kind)));
            match kind {
                Kind::GroupStruct => section.ty().rec([ty.clone(), ty]),
                _ => section.ty().subtype(&ty),
            }
        }
    }
}

fn sub_type(kind: Kind, supertype: Option<u32>) -> SubType {
    use Kind::{GroupStruct, OpenBytes, OpenFunc, OpenFuncAgain, Struct, StructAgain};
    let inner = match kind {
        _ if kind.is_struct() => object(fields(kind)),
        _ if kind.is_array() => CompositeInnerType::Array(wasm_encoder::ArrayType(element(kind))),
        _ => CompositeInnerType::Func(func(kind)),
    };
    let is_open = matches!(
        kind,
        Struct | StructAgain | GroupStruct | OpenBytes | OpenFunc | OpenFuncAgain
    );
    sub(!is_open, supertype, inner)
}

const EQREF: ValType = ValType::Ref(RefType::EQREF);
const NON_NULL: ValType = ValType::Ref(RefType {
    nullable: false,
    heap_type: EQ,
});

fn fields(kind: Kind) -> Vec<FieldType> {
    let field = |element_type, mutable| FieldType {
        element_type,
        mutable,
    };
    let number = match kind {
        Kind::WideStruct => StorageType::I16,
        _ => StorageType::I8,
    };
    let reference = match kind {
        Kind::AnyStruct => ValType::Ref(RefType::ANYREF),
        Kind::NonNullStruct => NON_NULL,
        _ => EQREF,
    };
    let mut fields = vec![
        field(number, true),
        field(StorageType::Val(reference), kind != Kind::ConstStruct),
    ];
    if kind == Kind::LongStruct {
        fields.push(field(StorageType::Val(ValType::I32), true));
    }
    fields
}

fn element(kind: Kind) -> FieldType {
    let element_type = match kind {
        Kind::Shorts => StorageType::I16,
        Kind::Refs | Kind::ConstRefs => StorageType::Val(EQREF),
        Kind::NonNullRefs => StorageType::Val(NON_NULL),
        _ => StorageType::I8,
    };
    FieldType {
        element_type,
        mutable: !matches!(kind, Kind::ConstBytes | Kind::ConstRefs),
    }
}

fn func(kind: Kind) -> FuncType {
    let param = match kind {
        Kind::AnyFunc => ValType::Ref(RefType::ANYREF),
        Kind::NonNullFunc => NON_NULL,
        _ => EQREF,
    };
    let result = match kind {
        Kind::AnyFunc => ValType::Ref(RefType::ANYREF),
        Kind::NonNullFunc => NON_NULL,
        _ => EQREF,
    };
    let params = match kind {
        Kind::LongFunc => vec![param, EQREF],
        _ => vec![param],
    };
    FuncType::new(params, [result])
}
