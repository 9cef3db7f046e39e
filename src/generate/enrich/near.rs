//! Types that equal each other in all but one property.
//!
//! An implementation compares types by an encoding of them, and a property that the encoding lacks makes
//! two types one: whether a field is mutable, whether a type is final, how wide a packed field is. Each
//! of these types is in a recursion group of its own, and some are declared twice.

use wasm_encoder::{
    CompositeInnerType, FieldType, FuncType, RefType, StorageType, SubType, TypeSection, ValType,
};

use super::choice::Choice;
use super::ref_types::{EQ, nullable};
use super::type_parts::{field, object, sub};

/// The number of types, of functions with such types, and of elements of the table with the functions.
pub(super) const TYPES: u32 = Kind::ALL.len() as u32 + 1;
pub(super) const FUNCS: u32 = Kind::FUNCS.len() as u32;
pub(super) const TABLE: u64 = FUNCS as u64 + 2;

/// The types, and the functions among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    /// The first type; the others follow in the order of [`Kind::ALL`].
    pub(super) base: u32,
    /// The first of the functions, each of which returns its first parameter.
    pub(super) func: u32,
    /// A table of funcref with these functions, then [`Funcs::mixed`](super::layout::Funcs::mixed), and
    /// null at the end.
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
    /// With a parameter and a result that are not null.
    NonNullFunc,
    /// With a parameter that is not null.
    NonNullParamFunc,
    /// With another parameter.
    LongFunc,
    /// Arrays, final, of the other types of elements: `(array (mut i32))` and so on.
    Ints,
    Longs,
    Floats,
    Doubles,
    Funcs,
    Externs,
    /// `(struct (field (mut (ref null $Bytes))))`, open, and the same with a reference that is not null.
    Holder,
    NonNullHolder,
}

impl Kind {
    /// All, in the order of their declarations.
    pub(super) const ALL: [Kind; 34] = [
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
        Kind::NonNullParamFunc,
        Kind::LongFunc,
        Kind::Ints,
        Kind::Longs,
        Kind::Floats,
        Kind::Doubles,
        Kind::Funcs,
        Kind::Externs,
        Kind::Holder,
        Kind::NonNullHolder,
        Kind::GroupStruct,
    ];

    /// Those of the functions.
    pub(super) const FUNCS: [Kind; 5] = [
        Kind::OpenFunc,
        Kind::FinalFunc,
        Kind::SubFunc,
        Kind::NonNullFunc,
        Kind::NonNullParamFunc,
    ];

    /// Whether it is a structure.
    pub(super) fn is_struct(self) -> bool {
        !self.is_array() && !self.is_func()
    }

    /// Whether it is an array.
    pub(super) fn is_array(self) -> bool {
        use Kind::{
            Bytes, BytesAgain, ConstBytes, Doubles, Floats, Ints, Longs, OpenBytes, Shorts,
        };
        let holds_numbers = matches!(
            self,
            Bytes | BytesAgain | ConstBytes | Shorts | OpenBytes | Ints | Longs | Floats | Doubles
        );
        holds_numbers || self.holds_references()
    }

    /// Whether it is the type of a function.
    pub(super) fn is_func(self) -> bool {
        use Kind::{AnyFunc, LongFunc, OpenFuncAgain};
        let is_named = Kind::FUNCS.contains(&self);
        is_named || matches!(self, OpenFuncAgain | AnyFunc | LongFunc)
    }

    /// Whether it is an array of references.
    fn holds_references(self) -> bool {
        use Kind::{ConstRefs, Externs, Funcs, NonNullRefs, Refs};
        matches!(self, Refs | ConstRefs | NonNullRefs | Funcs | Externs)
    }

    /// The type that differs from this one in one property, other than the first of its kind.
    fn rival(self) -> Option<Kind> {
        Some(match self {
            Kind::Ints => Kind::Floats,
            Kind::Floats => Kind::Ints,
            Kind::Longs => Kind::Doubles,
            Kind::Doubles => Kind::Longs,
            Kind::Funcs => Kind::Externs,
            Kind::Externs => Kind::Funcs,
            Kind::Holder => Kind::NonNullHolder,
            Kind::NonNullHolder => Kind::Holder,
            Kind::Struct | Kind::StructAgain => Kind::WideStruct,
            Kind::Bytes | Kind::BytesAgain => Kind::Shorts,
            Kind::Refs => Kind::NonNullRefs,
            Kind::OpenFunc | Kind::OpenFuncAgain => Kind::NonNullParamFunc,
            Kind::NonNullFunc => Kind::NonNullParamFunc,
            Kind::NonNullParamFunc => Kind::NonNullFunc,
            _ => return None,
        })
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

    /// Whether it is final: as the first of its kind, but for the types that differ in that.
    fn is_final(self) -> bool {
        match self {
            Kind::FinalStruct | Kind::SubStruct | Kind::FinalFunc | Kind::SubFunc => true,
            Kind::OpenBytes => false,
            _ => self.is_array(),
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

    /// A type that nearly equals this one, and differs in one property or two.
    pub(super) fn like(choice: &mut Choice, own: Kind) -> Kind {
        if let (Some(rival), true) = (own.rival(), choice.chance(1, 3)) {
            return rival;
        }
        let (is, firsts): (fn(Kind) -> bool, &[Kind]) = match own {
            _ if own.is_func() => (Kind::is_func, &[Kind::OpenFunc, Kind::OpenFuncAgain]),
            _ if own.holds_references() => (Kind::holds_references, &[Kind::Refs]),
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
            let supertype = kind.supertype().map(|kind| self.index(kind));
            let ty = sub_type(kind, supertype, self.index(Kind::Bytes));
            match kind {
                Kind::GroupStruct => section.ty().rec([ty.clone(), ty]),
                _ => section.ty().subtype(&ty),
            }
        }
    }
}

fn sub_type(kind: Kind, supertype: Option<u32>, bytes: u32) -> SubType {
    let held = |is_nullable| field(ValType::Ref(nullable(bytes).nullable(is_nullable)));
    let inner = match kind {
        Kind::Holder => object(vec![held(true)]),
        Kind::NonNullHolder => object(vec![held(false)]),
        _ if kind.is_struct() => object(fields(kind)),
        _ if kind.is_array() => CompositeInnerType::Array(wasm_encoder::ArrayType(element(kind))),
        _ => CompositeInnerType::Func(func(kind)),
    };
    sub(kind.is_final(), supertype, inner)
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
        Kind::Ints => StorageType::Val(ValType::I32),
        Kind::Longs => StorageType::Val(ValType::I64),
        Kind::Floats => StorageType::Val(ValType::F32),
        Kind::Doubles => StorageType::Val(ValType::F64),
        Kind::Funcs => StorageType::Val(ValType::FUNCREF),
        Kind::Externs => StorageType::Val(ValType::EXTERNREF),
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
        Kind::NonNullFunc | Kind::NonNullParamFunc => NON_NULL,
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
