//! Roots that outlive a scope, and identity, which differ between releases.

use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;
use wasmtime::{AnyRef, AsContext, AsContextMut, Func, Result, Rooted};

#[cfg(feature = "v31")]
use wasmtime::ManuallyRooted;
#[cfg(feature = "recent")]
use wasmtime::{ExnRef, OwnedRooted};

/// A root of an object.
pub enum Root {
    /// A structure or an array, or an external value in its internal form.
    #[cfg(feature = "recent")]
    Any(OwnedRooted<AnyRef>),
    #[cfg(feature = "v31")]
    Any(ManuallyRooted<AnyRef>),
    /// An exception.
    #[cfg(feature = "recent")]
    Exception(OwnedRooted<ExnRef>),
}

/// A reference to an object in the present scope.
#[derive(Copy, Clone)]
pub enum Object {
    Any(Rooted<AnyRef>),
    #[cfg(feature = "recent")]
    Exception(Rooted<ExnRef>),
}

impl Root {
    #[cfg(feature = "recent")]
    pub fn new(object: Object, store: impl AsContextMut) -> Result<Root> {
        Ok(match object {
            Object::Any(any) => Root::Any(any.to_owned_rooted(store)?),
            Object::Exception(exn) => Root::Exception(exn.to_owned_rooted(store)?),
        })
    }

    #[cfg(feature = "v31")]
    pub fn new(object: Object, store: impl AsContextMut) -> Result<Root> {
        let Object::Any(any) = object;
        Ok(Root::Any(any.to_manually_rooted(store)?))
    }

    /// Whether both are of one object.
    pub fn is_same(&self, other: &Root, store: impl AsContext) -> Result<bool> {
        match (self, other) {
            (Root::Any(a), Root::Any(b)) => Rooted::ref_eq(store, a, b),
            #[cfg(feature = "recent")]
            (Root::Exception(a), Root::Exception(b)) => Rooted::ref_eq(store, a, b),
            #[cfg(feature = "recent")]
            _ => Ok(false),
        }
    }

    /// The reference, in the present scope.
    pub fn object(&self, store: impl AsContextMut) -> Object {
        match self {
            Root::Any(any) => Object::Any(any.to_rooted(store)),
            #[cfg(feature = "recent")]
            Root::Exception(exn) => Object::Exception(exn.to_rooted(store)),
        }
    }

    /// Ends the root if this is its last owner.
    #[cfg(feature = "recent")]
    pub fn end(_: Rc<Root>, _: impl AsContextMut) {}

    #[cfg(feature = "v31")]
    pub fn end(root: Rc<Root>, store: impl AsContextMut) {
        if let Ok(Root::Any(any)) = Rc::try_unwrap(root) {
            any.unroot(store);
        }
    }
}

impl Object {
    /// Whether both references are to one object.
    pub fn is_same(&self, other: &Object, store: impl AsContext) -> Result<bool> {
        match (self, other) {
            (Object::Any(a), Object::Any(b)) => Rooted::ref_eq(store, a, b),
            #[cfg(feature = "recent")]
            (Object::Exception(a), Object::Exception(b)) => Rooted::ref_eq(store, a, b),
            #[cfg(feature = "recent")]
            _ => Ok(false),
        }
    }

    /// A hash of the object's identity, until the next collection.
    pub fn hash(&self, store: impl AsContext) -> Result<u64> {
        let mut hasher = DefaultHasher::new();
        match self {
            Object::Any(any) => any.ref_hash(store, &mut hasher)?,
            #[cfg(feature = "recent")]
            Object::Exception(exn) => exn.ref_hash(store, &mut hasher)?,
        }
        Ok(hasher.finish())
    }
}

/// A number that identifies a function of a store.
#[cfg(feature = "recent")]
pub fn address(func: Func, store: impl AsContextMut) -> usize {
    func.to_raw(store) as usize
}

#[cfg(feature = "v31")]
#[allow(unsafe_code)]
pub fn address(func: Func, store: impl AsContextMut) -> usize {
    // SAFETY: the pointer is a number here, and nobody follows it.
    unsafe { func.to_raw(store) as usize }
}
