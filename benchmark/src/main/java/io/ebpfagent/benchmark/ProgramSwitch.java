// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

/**
 * An agent that detaches the extension's programs in a JVM that runs, and attaches them again, and
 * with them the writing of contexts: JVMs that are alike differ by more than these cost. Programs
 * on functions of libraries, which take long to attach, stay.
 */
public final class ProgramSwitch {
  private static final String PROGRAM = "io/ebpfagent/bpf/BpfProgram";
  private static final String THREAD = "io.opentelemetry.javaagent.bootstrap.EbpfThread";

  /** By program, the link that it has, or had. Guarded by the class. */
  private static final Map<Object, AutoCloseable> LINKS = new LinkedHashMap<>();

  private static boolean on = true;

  private ProgramSwitch() {}

  /** Writes the agent's jar, which brings its class to where all class loaders find it. */
  static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", ProgramSwitch.class.getName());
    manifest.getMainAttributes().putValue("Boot-Class-Path", jar.getFileName().toString());
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Class<?> type : new Class<?>[] {ProgramSwitch.class, Transformer.class}) {
        String name = type.getName().replace('.', '/') + ".class";
        try (InputStream in = ProgramSwitch.class.getResourceAsStream("/" + name)) {
          if (in == null) {
            throw new IOException("no " + name);
          }
          out.putNextEntry(new ZipEntry(name));
          in.transferTo(out);
          out.closeEntry();
        }
      }
    }
  }

  /** Called by the JVM. */
  public static void premain(String arguments, Instrumentation instrumentation) {
    instrumentation.addTransformer(new Transformer());
  }

  /** Called where a program has been attached. */
  public static synchronized void attached(Object program, AutoCloseable link) {
    LINKS.put(program, link);
  }

  /** Returns when all are. */
  public static synchronized void set(boolean to) throws Exception {
    if (to == on) {
      return;
    }
    on = to;
    Field writes = Class.forName(THREAD).getDeclaredField("on");
    writes.setAccessible(true);
    writes.setBoolean(null, to);
    for (Map.Entry<Object, AutoCloseable> each : Map.copyOf(LINKS).entrySet()) {
      if (to) {
        each.getKey().getClass().getMethod("attach").invoke(each.getKey());
      } else {
        each.getValue().close();
      }
    }
  }

  /** Has {@code BpfProgram.attach()} call {@link #attached} before it returns. */
  private static final class Transformer implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        ClassLoader loader, String name, Class<?> before, ProtectionDomain domain, byte[] bytes) {
      if (!PROGRAM.equals(name)) {
        return null;
      }
      ClassFile file =
          ClassFile.of(
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(loader)));
      return file.transformClass(
          file.parse(bytes),
          ClassTransform.transformingMethodBodies(Transformer::attaches, Transformer::notes));
    }

    private static boolean attaches(MethodModel method) {
      return method.methodName().equalsString("attach")
          && method.methodTypeSymbol().parameterCount() == 0;
    }

    private static void notes(CodeBuilder code, CodeElement element) {
      if (element instanceof ReturnInstruction) {
        code.dup()
            .aload(0)
            .swap()
            .invokestatic(
                ClassDesc.of(ProgramSwitch.class.getName()),
                "attached",
                MethodTypeDesc.of(
                    ConstantDescs.CD_void,
                    ConstantDescs.CD_Object,
                    ClassDesc.of(AutoCloseable.class.getName())));
      }
      code.with(element);
    }
  }
}
