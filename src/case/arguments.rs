//! Type checks of the arguments in a case or on the command line.
//!
//! A generated plan may give any argument for any type: a run converts it or
//! chooses another. Arguments written by hand are meant as they are, so
//! [`check`] and [`arguments`] refuse those that a run would change. [`plain`]
//! replaces the arguments of a generated case by the converted ones, so that
//! its text passes the check.

use super::error::error;
use super::plan::{Arg, number};
use super::step_text::StepText;
use super::{Case, CaseError, Header, Plan, Step};
use crate::escape::Line;
use crate::module::{ExportItem, Module, Names};
use crate::types::{HeapType, RefType, ValType};

/// The types of the arguments that an export takes.
enum Takes<'a> {
    Params(&'a [ValType]),
    Value(ValType),
}

fn takes<'a>(module: &'a Module, export: &str) -> Option<Takes<'a>> {
    Some(match module.export(export)? {
        ExportItem::Func(i) => {
            Takes::Params(&module.types.func(*module.funcs.get(i as usize)?).params)
        }
        ExportItem::Global(i) => Takes::Value(module.globals.get(i as usize)?.value),
        ExportItem::Table(i) => Takes::Value(ValType::Ref(module.tables.get(i as usize)?.element)),
        ExportItem::Memory(_) | ExportItem::Tag(_) => return None,
    })
}

/// Reads the arguments of a call from a command line.
///
/// # Errors
///
/// One line, if there are too few or too many arguments, or one does not fit.
/// Missing exports are reported by the run.
pub fn arguments(module: &Module, export: &str, args: &[String]) -> Result<Vec<Arg>, CaseError> {
    match takes(module, export) {
        Some(Takes::Params(params)) => {
            read_all(export, params, args, (Source::Typed, &Names::new(module))).map_err(error)
        }
        _ => args.iter().map(|arg| arg.parse()).collect(),
    }
}

/// Checks the steps of a header against the module.
///
/// # Errors
///
/// If an argument is missing or does not fit.
pub fn check(header: &Header, module: &Module) -> Result<(), CaseError> {
    let in_step =
        |what, number: u32| move |e: String| error(format!("header: {what} {number}: {e}"));
    for (step, number) in header.steps.iter().flatten().zip(1..) {
        check_step(step, module).map_err(in_step("step", number))?;
    }
    for (step, number) in header.host.iter().zip(1..) {
        check_names(step, module)
            .and_then(|()| check_step(step, module))
            .map_err(in_step("host step", number))?;
    }
    Ok(())
}

/// Checks that the module exports the item that a step names. A run reports
/// this for steps of the plan, but skips host steps that it cannot do.
fn check_names(step: &StepText, module: &Module) -> Result<(), String> {
    let item = |name: &String| module.export(name);
    let missing = match (&step.call, &step.global, &step.table) {
        (Some(name), ..) if !matches!(item(name), Some(ExportItem::Func(_))) => ("function", name),
        (_, Some(name), _) if !matches!(item(name), Some(ExportItem::Global(_))) => {
            ("global", name)
        }
        (.., Some(name)) if !matches!(item(name), Some(ExportItem::Table(_))) => ("table", name),
        _ => return Ok(()),
    };
    Err(format!(
        "the module exports no {} {:?}",
        missing.0, missing.1
    ))
}

fn check_step(step: &StepText, module: &Module) -> Result<(), String> {
    if let Some(export) = &step.call
        && let Some(Takes::Params(params)) = takes(module, export)
    {
        let names = Names::new(module);
        read_all(export, params, &step.args, (Source::Header, &names))?;
    }
    let set = step.global.as_ref().map(|name| (name, "global"));
    let set = set.or(step.table.as_ref().map(|name| (name, "table")));
    if let (Some((export, kind)), Some(value)) = (set, &step.value)
        && let Some(Takes::Value(ty)) = takes(module, export)
    {
        let what = format!("the value of {kind} {export:?}");
        read(&what, value, ty, (Source::Header, &Names::new(module)))?;
    }
    Ok(())
}

/// The source of an argument.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Source {
    /// A command line. The parameter gives the type, so a number is read as a
    /// float for a float parameter.
    Typed,
    /// A header. A number for a reference picks one of the fitting values.
    Header,
}

fn read_all(
    export: &str,
    params: &[ValType],
    args: &[String],
    (source, names): (Source, &Names<'_>),
) -> Result<Vec<Arg>, String> {
    // Report text that is not an argument first, whatever the number of arguments.
    let is_none = |arg: &&String| format!("f64:{arg}").parse::<Arg>().is_err();
    let mistakes = args.iter().filter(is_none).map(|arg| arg.parse::<Arg>());
    mistakes.collect::<Result<Vec<Arg>, CaseError>>()?;
    if args.len() != params.len() {
        let types: Vec<String> = params.iter().map(|ty| names.value_type(*ty)).collect();
        let types = match types.is_empty() {
            true => String::new(),
            false => format!(": {}", types.join(", ")),
        };
        let auto = match args.len() < params.len() {
            true => "; auto leaves a value to the harness",
            false => "",
        };
        let takes = match params.len() {
            1 => "1 argument".into(),
            n => format!("{n} arguments"),
        };
        return Err(format!(
            "{export:?} takes {takes}, not {}{types}{auto}",
            args.len()
        ));
    }
    let pairs = args.iter().zip(params).zip(1..);
    let read = pairs.map(|((arg, ty), number)| {
        let what = format!("argument {number} of {export:?}");
        read(&what, arg, *ty, (source, names))
    });
    read.collect()
}

/// Reads an argument for a value of type `ty`.
fn read(
    what: &str,
    text: &str,
    ty: ValType,
    (source, names): (Source, &Names<'_>),
) -> Result<Arg, String> {
    if let (ValType::F32 | ValType::F64, Source::Typed) = (ty, source)
        && let Ok(arg) = format!("{ty}:{text}").parse()
    {
        return Ok(arg);
    }
    let arg: Arg = text.parse()?;
    let whole = number(text);
    let within = |least: i64, most: u64| {
        whole.is_some_and(|n| (i128::from(least)..=i128::from(most)).contains(&n))
    };
    let (fits, expected) = match ty {
        ValType::I32 => (
            within(i32::MIN.into(), u32::MAX.into()),
            "a number from -2147483648 to 4294967295".into(),
        ),
        ValType::I64 => (within(i64::MIN, u64::MAX), "a number of 64 bits".into()),
        ValType::V128 => (
            within(i64::MIN, u64::MAX),
            "a number of 64 bits, the low half".into(),
        ),
        ValType::F32 => (matches!(arg, Arg::F32(_)), "f32:X".into()),
        ValType::F64 => (matches!(arg, Arg::F64(_)), "f64:X".into()),
        ValType::Ref(r) => {
            let fits = match arg {
                Arg::Null => r.nullable,
                Arg::I31(n) => takes_i31(r) && n >= -(1 << 30),
                Arg::Kept(_) => r.heap.is_gc(),
                Arg::Bits(_) => source == Source::Header,
                Arg::Auto | Arg::F32(_) | Arg::F64(_) => false,
            };
            let null = if r.nullable { "null" } else { "" };
            let i31 = if takes_i31(r) { "i31:N of 31 bits" } else { "" };
            let kept = if r.heap.is_gc() { "kept:N" } else { "" };
            let all = [null, i31, kept].into_iter().filter(|s| !s.is_empty());
            (fits, all.collect::<Vec<_>>().join(", "))
        }
    };
    if fits || arg == Arg::Auto {
        return Ok(arg);
    }
    let article = match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => "an",
        ValType::V128 | ValType::Ref(_) => "a",
    };
    let or = if expected.is_empty() { "" } else { " or " };
    Err(format!(
        "{what} is {article} {}; {} does not fit: expected {expected}{or}auto",
        names.value_type(ty),
        Line(text)
    ))
}

fn takes_i31(ty: RefType) -> bool {
    matches!(
        ty.heap,
        HeapType::Any | HeapType::Eq | HeapType::I31 | HeapType::Extern
    )
}

/// Replaces the arguments of a case by equivalent ones that fit the types of
/// `module`, the case's module. The case does the same as before.
pub fn plain(mut case: Case, module: &Module) -> Case {
    let plan = match &mut case.plan {
        Plan::EveryExport => &mut [][..],
        Plan::Steps(steps) => &mut steps[..],
    };
    for step in plan.iter_mut().chain(&mut case.host) {
        match step {
            Step::Call(call) => {
                if let Some(Takes::Params(params)) = takes(module, &call.export)
                    && call.args.len() <= params.len()
                {
                    call.args.resize(params.len(), Arg::Auto);
                    for (arg, ty) in call.args.iter_mut().zip(params) {
                        *arg = amounts_to(*arg, *ty);
                    }
                }
            }
            Step::Global { export, value } | Step::Table { export, value, .. } => {
                if let (Some(arg), Some(Takes::Value(ty))) = (value, takes(module, export)) {
                    *arg = amounts_to(*arg, ty);
                }
            }
            Step::Drop(_) | Step::Collect => {}
        }
    }
    case
}

/// The conversion of an argument to a type; see `Embedder::argument`.
fn amounts_to(arg: Arg, ty: ValType) -> Arg {
    if arg == Arg::Auto {
        return arg;
    }
    let ValType::Ref(r) = ty else {
        let bits = arg.bits();
        return match ty {
            ValType::I32 => Arg::Bits(i64::from(bits as i32) as u64),
            ValType::F32 => Arg::F32(bits as u32),
            ValType::F64 => Arg::F64(bits),
            _ => Arg::Bits(bits),
        };
    };
    match arg {
        Arg::Null if r.nullable => Arg::Null,
        // Truncate to 31 bits and sign-extend.
        Arg::I31(n) if takes_i31(r) => Arg::I31((n << 1) >> 1),
        Arg::Kept(n) if r.heap.is_gc() => Arg::Kept(n),
        Arg::Bits(n) if r.heap.is_gc() => Arg::Bits(n),
        _ => Arg::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const MODULE: &str = r#"(module
        (global (export "g") (mut i32) (i32.const 0))
        (table (export "t") 1 i31ref)
        (func (export "i32") (param i32)) (func (export "i64") (param i64))
        (func (export "f32") (param f32)) (func (export "f64") (param f64))
        (func (export "any") (param anyref)) (func (export "some") (param (ref any)))
        (func (export "struct") (param structref)) (func (export "func") (param funcref))
        (func (export "v128") (param v128)) (func (export "two") (param i32 i32)))"#;

    fn module() -> Module {
        let wasm = wat::parse_str(MODULE).unwrap();
        Module::new(&wasm, &mut Arc::default()).unwrap()
    }

    fn typed(export: &str, args: &[&str]) -> Result<Vec<Arg>, String> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        Ok(arguments(&module(), export, &args)?)
    }

    #[test]
    fn what_fits_is_taken() {
        for (export, text, arg) in [
            ("i32", "4294967295", Arg::Bits(u32::MAX.into())),
            ("i32", "-1", Arg::Bits(u64::MAX)),
            ("i32", "0xff", Arg::Bits(255)),
            ("i64", "-9223372036854775808", Arg::Bits(1 << 63)),
            ("f32", "1.5", Arg::F32(1.5f32.to_bits())),
            ("f32", "f32:-0", Arg::F32(1 << 31)),
            ("f64", "3", Arg::F64(3f64.to_bits())),
            ("f64", "nan:0x1", Arg::F64(0x7ff0_0000_0000_0001)),
            ("any", "i31:-5", Arg::I31(-5)),
            ("any", "null", Arg::Null),
            ("struct", "kept:3", Arg::Kept(3)),
            ("func", "auto", Arg::Auto),
            ("v128", "7", Arg::Bits(7)),
        ] {
            assert_eq!(typed(export, &[text]), Ok(vec![arg]), "{export} {text}");
        }
    }

    #[test]
    fn what_would_be_changed_is_refused_with_the_type() {
        for (export, text, wanted) in [
            (
                "i32",
                "4294967296",
                "argument 1 of \"i32\" is an i32; 4294967296 does not fit",
            ),
            ("i32", "18446744073709551615", "is an i32"),
            ("i32", "-2147483649", "is an i32"),
            ("i32", "null", "is an i32"),
            ("i32", "i31:1", "is an i32"),
            ("i32", "kept:0", "is an i32"),
            ("i32", "f32:1", "is an i32"),
            ("i64", "f64:1", "is an i64"),
            ("f32", "f64:1", "is an f32"),
            ("f64", "null", "is an f64"),
            ("f32", "1e99", "\"1e99\" is no argument"),
            ("some", "null", "is a (ref any)"),
            ("struct", "i31:1", "structref"),
            (
                "any",
                "5",
                "expected null, i31:N of 31 bits, kept:N or auto",
            ),
            ("any", "i31:-1073741825", "31 bits"),
            ("func", "kept:0", "expected null or auto"),
            ("i32", "1.5", "is no argument"),
        ] {
            let message = typed(export, &[text]).unwrap_err();
            let known = message.replace("(ref null struct)", "structref");
            assert!(known.contains(wanted), "{export} {text}: {message}");
        }
        let message = typed("two", &["1"]).unwrap_err();
        assert!(
            message.contains("takes 2 arguments, not 1: i32, i32; auto"),
            "{message}"
        );
        assert!(
            typed("two", &["1", "2", "3"])
                .unwrap_err()
                .contains("takes 2 arguments")
        );
    }

    #[test]
    fn a_header_is_held_against_the_module() {
        let check = |header: &str| {
            let header: Header = toml::from_str(header).unwrap();
            check(&header, &module()).map_err(|e| e.message)
        };
        for good in [
            "[[steps]]\ncall = 'i32'\nargs = ['-1']",
            "[[steps]]\ncall = 'any'\nargs = ['5']",
            "[[steps]]\nglobal = 'g'\nvalue = '7'",
            "[[host]]\ntable = 't'\nvalue = 'i31:7'",
            "[[steps]]\ncall = 'missing'\nargs = ['7']",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, wanted) in [
            (
                "[[steps]]\ndrop = 0\n[[steps]]\ncall = 'i32'",
                "step 2: \"i32\" takes 1 argument, not 0: i32; auto",
            ),
            (
                "[[host]]\ncall = 'f64'\nargs = ['3']",
                "host step 1: argument 1 of \"f64\" is an f64",
            ),
            (
                "[[steps]]\nglobal = 'g'\nvalue = 'null'",
                "the value of global \"g\" is an i32",
            ),
            (
                "[[steps]]\ntable = 't'\nvalue = 'f32:1'",
                "the value of table \"t\"",
            ),
        ] {
            let message = check(bad).unwrap_err();
            assert!(message.contains(wanted), "{bad}: {message}");
        }
    }
}
